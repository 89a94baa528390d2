{# Instant of a number of seconds since 1970-01-01 UTC. #}
{% macro timestamp_from_epoch_s(seconds) %}
  {{- return(adapter.dispatch('timestamp_from_epoch_s')(seconds)) -}}
{% endmacro %}

{% macro duckdb__timestamp_from_epoch_s(seconds) -%}
  to_timestamp({{ seconds }})
{%- endmacro %}
