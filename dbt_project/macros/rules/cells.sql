{#
  Cells of 10 x 10 NM: rows of equal latitude, in each row columns of equal length along the row's middle.
  Earth's radius is 3440.065 NM. The literals have an exponent because 0.5 is a decimal, 0.5e0 a double.
#}
{% macro cell_row(latitude) -%}
  cast(floor(3440.065e0 * radians({{ latitude }}) / 10e0) as int)
{%- endmacro %}

{% macro cell_column(longitude, cell_row) -%}
  cast(floor(3440.065e0 * radians({{ longitude }}) * cos({{ cell_row_middle(cell_row) }}) / 10e0) as int)
{%- endmacro %}

{# Latitude of a row's middle. [rad] #}
{% macro cell_row_middle(cell_row) -%}
  (({{ cell_row }} + 0.5e0) * 10e0 / 3440.065e0)
{%- endmacro %}

{# Centre of a cell. [deg] #}
{% macro cell_centre_latitude(cell_row) -%}
  degrees({{ cell_row_middle(cell_row) }})
{%- endmacro %}

{% macro cell_centre_longitude(cell_row, cell_column) -%}
  degrees(({{ cell_column }} + 0.5e0) * 10e0 / 3440.065e0 / cos({{ cell_row_middle(cell_row) }}))
{%- endmacro %}
