{#
  Builds the model in the run's in-memory database, where its tests and its children find it, and replaces
  the run's window of the Delta table <lake>/<model> by it, in one commit.

  partition_by: partition columns of the Delta table, when it is made.
  replace_where: predicate over them that says which rows give way; rendered when the model runs.
#}
{% materialization delta, adapter='duckdb', supported_languages=['sql'] %}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set replace_where = render(config.require('replace_where')) | trim -%}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {% do get_assert_columns_equivalent(sql) %}
  {% do run_query('drop table if exists ' ~ target_relation) %}
  {% call statement('main') -%}
    create table {{ target_relation }} as {{ sql }}
  {%- endcall %}
  {% do adapter.commit() %}

  {% do adapter.store_relation('airtraffic_delta', target_relation, [], '', 'replace', {
      'lake': var('lake'),
      'table': model.alias,
      'partition_by': config.require('partition_by'),
      'replace_where': replace_where,
      'description': model.description,
      'columns': column_metadata(model.columns),
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


{# Delta column metadata: Spark and its like show `comment`. #}
{% macro column_metadata(columns) %}
  {% set metadata = {} %}
  {% for name, column in columns.items() %}
    {% set unit = column.meta.get('unit') %}
    {% set comment = column.description | trim ~ (' [' ~ unit ~ ']' if unit else '') %}
    {% do metadata.update({name: {'comment': comment}}) %}
  {% endfor %}
  {{ return(metadata) }}
{% endmacro %}
