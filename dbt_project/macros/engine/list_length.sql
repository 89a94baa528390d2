{# Number of a list's items. #}
{% macro list_length(items) %}
  {{- return(adapter.dispatch('list_length')(items)) -}}
{% endmacro %}

{% macro duckdb__list_length(items) -%}
  len({{ items }})
{%- endmacro %}
