{# The window of a run: hours of one UTC day, from the variables `date` and `hours`. #}

{% macro window_predicate() -%}
  {%- if not var('date') or not var('hours') -%}
    {{ exceptions.raise_compiler_error(
      "no window: the variables `date` and `hours` are " ~ var('date') ~ " and " ~ var('hours')
      ~ "; expected for example --vars '{date: 2025-01-15, hours: [0, 1]}'"
    ) }}
  {%- endif -%}
  date = '{{ var('date') }}' and hour in ({{ var('hours') | join(', ') }})
{%- endmacro %}

{# True for rows of the window; for every row when there is none, as in unit tests. #}
{% macro in_window() -%}
  {%- if var('date') and var('hours') -%}
    (date = cast('{{ var('date') }}' as date) and hour in ({{ var('hours') | join(', ') }}))
  {%- else -%}
    (1 = 1)
  {%- endif -%}
{%- endmacro %}
