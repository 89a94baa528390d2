{# The expression is true, not merely not false, in every row. #}
{% test holds(model, expression) %}
  select *
  from {{ model }}
  where not coalesce({{ expression }}, false)
{% endtest %}
