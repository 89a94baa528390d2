{#- A mean that does not depend on the order of the rows: a sum of doubles over several threads differs in its
    last bits from run to run, a sum of decimals never does. To a millionth of the unit. -#}
{% macro exact_mean(value) -%}
    cast(avg(try_cast({{ value }} as decimal(18, 6))) as double)
{%- endmacro %}
