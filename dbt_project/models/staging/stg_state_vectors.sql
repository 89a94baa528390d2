with

state_vectors as (

    select * from {{ source('silver', 'state_vectors') }}

),

measured as (

    select
        *,
        {{ timestamp_from_epoch_s('time_position') }} as position_at,
        -- to the foot: 4,572 m are 15,000 ft, and flight levels sit on thresholds
        cast(round(baro_altitude / 0.3048) as int) as altitude_ft,
        velocity * 3.6 as speed_kmh,
        velocity * 1.943844 as speed_kt,
        {{ cell_row('latitude') }} as cell_row
    from state_vectors

),

located as (

    select
        *,
        {{ cell_column('longitude', 'cell_row') }} as cell_column,
        coalesce(
            position_age_s <= {{ var('density_position_age_s') }}
            and latitude is not null
            and longitude is not null,
            false
        ) as has_fresh_position
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
    {{ dbt.concat([
        'cast(cell_row as ' ~ dbt.type_string() ~ ')', "'_'", 'cast(cell_column as ' ~ dbt.type_string() ~ ')'
    ]) }} as cell_id,
    cell_row,
    cell_column,
    has_fresh_position,
    date,
    hour
from located
