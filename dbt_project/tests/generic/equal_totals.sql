{# Aggregates of the model equal, each in its place, those of another relation over the same window. #}
{% test equal_totals(model, totals, compared_to, compared_totals) %}
  {% if totals | length != compared_totals | length %}
    {{ exceptions.raise_compiler_error("equal_totals: " ~ totals ~ " and " ~ compared_totals ~ " differ in length") }}
  {% endif %}
  with ours as (
    select
    {% for total in totals %}
      coalesce({{ total }}, 0) as total_{{ loop.index }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ model }}
    where {{ in_window() }}
  ),
  theirs as (
    select
    {% for total in compared_totals %}
      coalesce({{ total }}, 0) as compared_total_{{ loop.index }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ compared_to }}
    where {{ in_window() }}
  )
  select *
  from ours cross join theirs
  where
  {% for total in totals %}
    total_{{ loop.index }} <> compared_total_{{ loop.index }} {{ 'or' if not loop.last }}
  {% endfor %}
{% endtest %}
