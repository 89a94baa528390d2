with

state_vectors as (

    select * from {{ ref('stg_state_vectors') }}

),

fresh_positions as (

    select * from state_vectors
    where has_fresh_position and {{ in_window() }}

),

cells as (

    select
        snapshot_at,
        cell_id,
        cell_row,
        cell_column,
        count(distinct case when not on_ground then icao24 end) as aircraft,
        count(distinct case when on_ground then icao24 end) as aircraft_on_ground,
        {{ exact_mean('case when not on_ground then speed_kmh end') }} as mean_speed_kmh,
        {{ exact_mean('case when not on_ground then altitude_ft end') }} as mean_altitude_ft,
        {{ sorted_distinct("source") }} as sources,
        date,
        hour
    from fresh_positions
    where on_ground is not null
    group by snapshot_at, cell_id, cell_row, cell_column, date, hour

)

select
    snapshot_at,
    cell_id,
    {{ cell_centre_latitude('cell_row') }} as latitude,
    {{ cell_centre_longitude('cell_row', 'cell_column') }} as longitude,
    cast(aircraft as int) as aircraft,
    cast(aircraft_on_ground as int) as aircraft_on_ground,
    mean_speed_kmh,
    mean_altitude_ft,
    aircraft > {{ var('dense_cell_aircraft') }} as density_congested,
    sources,
    date,
    hour
from cells
