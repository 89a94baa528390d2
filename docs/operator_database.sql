-- The operator's database as the platform reads it: PostgreSQL, one view, one role that can only read.
--
--   psql -d OPERATOR -f docs/operator_database.sql
--   psql -d OPERATOR -c "alter role airtraffic_reader password '...'"
--   export AIRTRAFFIC_OPERATOR_DATABASE=postgresql://airtraffic_reader:...@HOST/OPERATOR
--
-- Only flight_feed is read. An operator with tables of its own needs none of the three here: a view of this name
-- with these columns is enough. What the operator does not know is null, or not among the columns, except for
-- those marked *.
--
-- The platform asks for rows with updated_at >= the last one it has seen less an hour, in order of updated_at.
-- So that no change is missed:
--   * every change of a row sets updated_at anew (the triggers below do);
--   * it is the clock at the statement, not at the start of the transaction (clock_timestamp(), not now());
--   * a transaction commits within the hour; after a longer one, run the job with {"everything": true};
--   * rows are not deleted: a flight that does not take place is cancelled.
-- Rows with the same updated_at, and rows that come late within the hour, are read once each.

create schema if not exists airtraffic;
set search_path = airtraffic;

create table if not exists flights (
    flight_id text primary key,
    -- Where the data really comes from; 'simulate' for what no aircraft has flown.
    source text not null default 'operator',
    airline text,                                  -- ICAO designator
    flight_number text,                            -- without the designator
    callsign text,
    registration text,
    icao24 text check (icao24 ~ '^[0-9a-f]{6}$'),  -- transponder address
    origin text,                                   -- ICAO code
    destination text,                              -- ICAO code
    scheduled_departure_at timestamptz not null,   -- off block, as planned
    scheduled_arrival_at timestamptz,              -- on block, as planned
    departure_at timestamptz,                      -- off block; null until it has left
    arrival_at timestamptz,                        -- on block; null until it has arrived
    status text not null check (status in ('scheduled', 'departed', 'arrived', 'diverted', 'cancelled')),
    cruise_fl smallint check (cruise_fl between 0 and 999),  -- FL, 100 ft
    updated_at timestamptz not null default clock_timestamp()
);

create table if not exists flight_results (
    flight_id text primary key references flights,
    seats integer check (seats >= 0),
    passengers integer check (passengers >= 0),
    revenue numeric(14, 2),
    cost numeric(14, 2),
    currency char(3),                              -- ISO 4217
    updated_at timestamptz not null default clock_timestamp()
);

create table if not exists flight_satisfaction (
    flight_id text primary key references flights,
    answers integer check (answers >= 0),
    satisfaction numeric(4, 3) check (satisfaction between 1 and 5),  -- mean of the answers
    complaints integer check (complaints >= 0),
    updated_at timestamptz not null default clock_timestamp()
);

create or replace view flight_feed as
select
    flights.flight_id,               -- *
    flights.source,                  -- *
    flights.airline,                 -- *
    flights.flight_number,           -- *
    flights.callsign,                -- *
    flights.registration,            -- *
    flights.icao24,                  -- *
    flights.origin,                  -- *
    flights.destination,             -- *
    flights.scheduled_departure_at,  -- *
    flights.scheduled_arrival_at,    -- *
    flights.departure_at,            -- *
    flights.arrival_at,              -- *
    flights.status,                  -- *
    flights.cruise_fl,               -- *
    flight_results.seats,
    flight_results.passengers,
    flight_results.revenue,
    flight_results.cost,
    flight_results.currency,
    flight_satisfaction.answers,
    flight_satisfaction.satisfaction,
    flight_satisfaction.complaints,
    greatest(flights.updated_at, flight_results.updated_at, flight_satisfaction.updated_at) as updated_at  -- *
from flights
left join flight_results using (flight_id)
left join flight_satisfaction using (flight_id);

create or replace function touch() returns trigger language plpgsql as $$
begin
    new.updated_at := clock_timestamp();
    return new;
end
$$;

do $$
declare
    name text;
begin
    foreach name in array array['flights', 'flight_results', 'flight_satisfaction'] loop
        execute format('create index if not exists %I on %I (updated_at)', name || '_updated_at', name);
        execute format('create or replace trigger touched before update on %I
                        for each row execute function touch()', name);
    end loop;
    if not exists (select from pg_roles where rolname = 'airtraffic_reader') then
        create role airtraffic_reader login;
    end if;
    execute format('grant connect on database %I to airtraffic_reader', current_database());
end
$$;

grant usage on schema airtraffic to airtraffic_reader;
grant select on flight_feed to airtraffic_reader;
alter role airtraffic_reader set search_path = airtraffic;
alter role airtraffic_reader set default_transaction_read_only = on;
