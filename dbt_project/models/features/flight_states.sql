with

state_vectors as (

    select * from {{ ref('stg_state_vectors') }}

),

-- the window's rows and those of the hour before, which only serve as predecessors
with_predecessor as (

    select
        *,
        lag(baro_altitude) over (partition by icao24 order by snapshot_at) as previous_altitude,
        lag(time_position) over (partition by icao24 order by snapshot_at) as previous_time_position,
        lag(snapshot_at) over (partition by icao24 order by snapshot_at) as previous_snapshot_at
    from state_vectors

),

this_window as (

    select
        *,
        {{ dbt.datediff('previous_snapshot_at', 'snapshot_at', 'second') }} as seconds_since_previous,
        has_fresh_position and not coalesce(on_ground, true) as is_counted
    from with_predecessor
    where {{ in_window() }}

),

measured as (

    select
        *,
        coalesce(
            vertical_rate,
            case
                when seconds_since_previous <= 300
                    -- over the time between the positions: in frozen polls the snapshots go on and the position
                    -- does not, which would make one minute's climb of the four that follow it
                    then (baro_altitude - previous_altitude)
                        / nullif(coalesce(time_position - previous_time_position, seconds_since_previous), 0)
            end
        ) as vertical_rate_used,
        case when is_counted then cell_id end as counted_cell_id,
        case
            when is_counted
                -- silver has an aircraft once in a snapshot, so counted rows are distinct aircraft
                then sum(case when is_counted then 1 else 0 end) over (partition by snapshot_at, cell_id)
        end as counted_aircraft
    from this_window

),

classified as (

    select
        *,
        case
            when on_ground then 'ground'
            when on_ground is null or speed_kmh is null then 'unknown'
            when speed_kmh < 300 then 'manoeuvre'
            when altitude_ft is null then 'unknown'
            when altitude_ft <= 15000 then 'climb_descent_hold'
            else 'cruise'
        end as flight_state,
        case
            when on_ground then 'ground'
            when vertical_rate_used is null then 'unknown'
            when vertical_rate_used > 2.5 then 'climb'
            when vertical_rate_used < -2.5 then 'descent'
            else 'level'
        end as flight_phase,
        coalesce(
            not on_ground and speed_kmh between 300 and 450 and altitude_ft between 5000 and 15000,
            false
        ) as congestion_band,
        {{ quadrant('latitude', 'longitude') }} as quadrant,
        {{ sorted_present([
            "case when squawk in ('7500', '7600', '7700') then 'emergency_squawk' end",
            "case when spi then 'spi' end",
            "case when abs(vertical_rate_used) > 25.4 then 'extreme_vertical_rate' end",
            "case when altitude_ft < 10000 and speed_kt > 300 then 'low_and_fast' end",
            "case when altitude_ft > 25000 and speed_kmh < 300 then 'high_and_slow' end",
            "case when altitude_ft < -500 or altitude_ft > 45000 then 'altitude_out_of_range' end",
        ]) }} as critical_reasons
    from measured

)

select
    icao24,
    callsign,
    origin_country,
    time_position,
    last_contact,
    longitude,
    latitude,
    baro_altitude,
    on_ground,
    velocity,
    true_track,
    vertical_rate,
    sensors,
    geo_altitude,
    squawk,
    spi,
    position_source,
    category,
    snapshot_at,
    source,
    position_age_s,
    is_repeat,
    ingested_at,
    position_at,
    altitude_ft,
    speed_kmh,
    speed_kt,
    vertical_rate_used,
    flight_state,
    flight_phase,
    flight_state in ('manoeuvre', 'climb_descent_hold') as watch_state,
    congestion_band,
    counted_cell_id as cell_id,
    cast(counted_aircraft as int) as aircraft_in_cell,
    counted_aircraft > {{ var('dense_cell_aircraft') }} as density_congested,
    quadrant,
    {{ list_length('critical_reasons') }} > 0 as is_critical,
    critical_reasons,
    {{ dbt.date_trunc('minute', 'snapshot_at') }} as minute,
    cast(extract(month from date) as int) as month,
    {{ day_of_week('date') }} as day_of_week,
    date,
    hour
from classified
