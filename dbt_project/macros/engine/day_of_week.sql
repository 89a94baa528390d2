{# Day of the week of a date, 0 Monday to 6 Sunday. #}
{% macro day_of_week(day) %}
  {{- return(adapter.dispatch('day_of_week')(day)) -}}
{% endmacro %}

{% macro duckdb__day_of_week(day) -%}
  cast(isodow({{ day }}) - 1 as int)
{%- endmacro %}
