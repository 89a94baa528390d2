{# List of the expressions that are not null, sorted; empty when all are null, never null. #}
{% macro sorted_present(expressions) %}
  {{- return(adapter.dispatch('sorted_present')(expressions)) -}}
{% endmacro %}

{% macro duckdb__sorted_present(expressions) -%}
  list_sort(list_filter([
    {{ expressions | join(',\n    ') }}
  ], lambda reason: reason is not null))
{%- endmacro %}
