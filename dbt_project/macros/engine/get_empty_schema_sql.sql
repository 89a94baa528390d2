{#
  The .yml files name column types as Delta Lake does (string, timestamp = an instant, array<string>); Spark
  reads them as they are, DuckDB needs its own names.
#}
{% macro duckdb__get_empty_schema_sql(columns) %}
  select
  {% for name, column in columns.items() %}
    cast(null as {{ duckdb_type(column.data_type) }}) as {{ name }}{{ ',' if not loop.last }}
  {% endfor %}
  where 1 = 0
{% endmacro %}

{% macro duckdb_type(delta_type) -%}
  {%- if delta_type.startswith('array<') -%}
    {{ duckdb_type(delta_type[6:-1]) }}[]
  {%- else -%}
    {{ {'timestamp': 'timestamp with time zone', 'string': 'varchar'}.get(delta_type, delta_type) }}
  {%- endif -%}
{%- endmacro %}
