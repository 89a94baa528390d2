{# Aggregate: sorted list of the distinct values that are not null. #}
{% macro sorted_distinct(expression) %}
  {{- return(adapter.dispatch('sorted_distinct')(expression)) -}}
{% endmacro %}

{% macro duckdb__sorted_distinct(expression) -%}
  coalesce(list_sort(list(distinct {{ expression }}) filter (where {{ expression }} is not null)), [])
{%- endmacro %}
