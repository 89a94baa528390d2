{#
  Opens the tables that the run is going to write, before it reads anything, and gives the run's in-memory
  database what its selected nodes refer to and do not build themselves: the window of the source tables and
  of feature tables that a subset build left out, from the lake.

  Unit tests ask the database for the types of their parents' columns, `dbt docs generate` for those of every
  table: for them everything is there, empty, with the columns of the contracts, which are the lake's.
#}
{% macro prepare_lake() %}
  {% if execute and flags.WHICH == 'generate' %}
    {% do register_all_empty(except=[]) %}
  {% elif execute %}
    {% set needed = [] %}
    {% for node in graph.nodes.values() if node.unique_id in selected_resources %}
      {% if node.config.materialized == 'delta' %}
        {% do open_in_lake(node) %}
      {% endif %}
      {% do needed.extend(node.depends_on.nodes) %}
    {% endfor %}
    {% for id in needed | unique if id not in selected_resources %}
      {% set node = graph.sources.get(id) or graph.nodes.get(id) %}
      {% if node.resource_type == 'source' or node.config.materialized == 'delta' %}
        {% do window_predicate() %}
        {% do register_from_lake(node) %}
      {% endif %}
    {% endfor %}
    {% if 'unit_test.' in selected_resources | join(' ') %}
      {% do register_all_empty(except=needed) %}
    {% endif %}
  {% endif %}
{% endmacro %}


{% macro register_all_empty(except) %}
  {% for id, node in (graph.sources.items() | list) + (graph.nodes.items() | list) %}
    {% if node.resource_type in ['source', 'model'] and id not in except %}
      {% do register_empty(node) %}
    {% endif %}
  {% endfor %}
{% endmacro %}


{# An empty table with the columns that the node's .yml declares. #}
{% macro register_empty(node) %}
  {% set relation = api.Relation.create(node.database, node.schema, node.alias or node.identifier, type='table') %}
  {% do run_query('create schema if not exists ' ~ relation.without_identifier()) %}
  {% do run_query('create table if not exists ' ~ relation ~ ' as ' ~ get_empty_schema_sql(node.columns)) %}
  {{ return(relation) }}
{% endmacro %}


{# The Delta table that a model writes, made when it is not there. #}
{% macro open_in_lake(node) %}
  {% do adapter.store_relation('airtraffic_delta', register_empty(node), [], '', 'open', {
      'lake': var('lake'),
      'table': node.alias,
      'partition_by': node.config.partition_by,
      'description': node.description,
      'comments': column_comments(node.columns),
  }) %}
{% endmacro %}


{# The run's window of a table of the lake; all of it without a window. #}
{% macro register_from_lake(node) %}
  {% set relation = register_empty(node) %}
  {% do adapter.store_relation('airtraffic_delta', relation, [], '', 'read', {
      'lake': var('lake'),
      'table': node.identifier or node.alias,
      'date': var('date'),
      'hours': var('hours'),
      'hours_before': node.meta.get('hours_before', 0),
  }) %}
{% endmacro %}
