{# NW, NE, SW or SE of the point where the quadrants meet; `outside` beyond the box or without a position. #}
{% macro quadrant(latitude, longitude) -%}
  {%- set box = var('box') -%}
  case
      when {{ latitude }} between {{ box[0] }} and {{ box[1] }} and {{ longitude }} between {{ box[2] }} and {{ box[3] }}
          then {{ dbt.concat([
              "case when " ~ latitude ~ " >= " ~ var('quadrant_latitude') ~ " then 'N' else 'S' end",
              "case when " ~ longitude ~ " >= " ~ var('quadrant_longitude') ~ " then 'E' else 'W' end",
          ]) }}
      else 'outside'
  end
{%- endmacro %}
