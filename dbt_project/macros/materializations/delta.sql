{#
  Builds the model in the run's in-memory database, where its tests and its children find it, and replaces
  the run's window of the Delta table <lake>/<model> by it, in one commit.

  partition_by: partition columns of the Delta table, when it is made.
  replace_where: predicate over them that says which rows give way; rendered when the model runs.
  order_by: columns that the rows are sorted by, so that the same rows make the same files.
#}
{% materialization delta, adapter='duckdb', supported_languages=['sql'] %}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set replace_where = render(config.require('replace_where')) | trim -%}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {% do get_assert_columns_equivalent(sql) %}
  {% do run_query('drop table if exists ' ~ target_relation) %}
  {% call statement('main') -%}
    create table {{ target_relation }} as
    select * from ({{ sql }}) as built
    order by {{ config.require('order_by') | join(', ') }}
  {%- endcall %}
  {% do adapter.commit() %}

  {% do adapter.store_relation('airtraffic_delta', target_relation, [], '', 'replace', {
      'lake': var('lake'),
      'table': model.alias,
      'replace_where': replace_where,
  }) %}

  {% set rows = {} %}
  {% for row in run_query('select hour, count(*) from ' ~ target_relation ~ ' group by hour order by hour') %}
    {% do rows.update({row[0] | string: row[1] | int}) %}
  {% endfor %}
  {# dbt prints the message; the caller reads the rows of each hour from `code` in the run's results. #}
  {% do store_raw_result('main', message=(rows.values() | sum) ~ ' rows', code=tojson(rows), rows_affected=rows.values() | sum) %}

  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{# Comment by column: its description and unit. #}
{% macro column_comments(columns) %}
  {% set comments = {} %}
  {% for name, column in columns.items() %}
    {% set unit = column.meta.get('unit') %}
    {% do comments.update({name: column.description | trim ~ (' [' ~ unit ~ ']' if unit else '')}) %}
  {% endfor %}
  {{ return(comments) }}
{% endmacro %}
