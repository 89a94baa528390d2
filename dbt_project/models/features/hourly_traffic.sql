with

flight_states as (

    select * from {{ ref('flight_states') }}

),

with_envelope as (

    select
        *,
        -- what is not known cannot be outside
        coalesce(speed_kmh < 550 or speed_kmh > 700, false)
        or coalesce(altitude_ft < 24000 or altitude_ft > 36000, false) as is_outside_cruise_envelope
    from flight_states
    where {{ in_window() }}

),

hours as (

    select
        date,
        hour,
        quadrant,
        origin_country,
        flight_state,
        count(*) as rows,
        count(distinct icao24) as aircraft,
        {{ exact_mean('speed_kmh') }} as mean_speed_kmh,
        {{ exact_mean('altitude_ft') }} as mean_altitude_ft,
        sum(case when congestion_band then 1 else 0 end) as congestion_band_rows,
        sum(case when density_congested then 1 else 0 end) as density_congested_rows,
        sum(case when is_critical then 1 else 0 end) as critical_rows,
        sum(case when is_outside_cruise_envelope then 1 else 0 end) as outside_cruise_envelope_rows,
        {{ sorted_distinct('source') }} as sources
    from with_envelope
    group by date, hour, quadrant, origin_country, flight_state

)

select
    quadrant,
    origin_country,
    flight_state,
    rows,
    aircraft,
    mean_speed_kmh,
    mean_altitude_ft,
    cast(congestion_band_rows as bigint) as congestion_band_rows,
    cast(density_congested_rows as bigint) as density_congested_rows,
    cast(critical_rows as bigint) as critical_rows,
    cast(outside_cruise_envelope_rows as bigint) as outside_cruise_envelope_rows,
    sources,
    date,
    hour
from hours
