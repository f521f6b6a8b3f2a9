-- Facts of PostgreSQL 15's own catalog: what is empty here has its columns, and the built-in types their oids.
CREATE TABLE __tavana.pg.pg_aggregate (aggfnoid VARCHAR, aggkind VARCHAR, aggnumdirectargs SMALLINT,
  aggtransfn VARCHAR, aggfinalfn VARCHAR, aggcombinefn VARCHAR, aggserialfn VARCHAR, aggdeserialfn VARCHAR,
  aggmtransfn VARCHAR, aggminvtransfn VARCHAR, aggmfinalfn VARCHAR, aggfinalextra BOOLEAN, aggmfinalextra BOOLEAN,
  aggfinalmodify VARCHAR, aggmfinalmodify VARCHAR, aggsortop INTEGER, aggtranstype INTEGER, aggtransspace INTEGER,
  aggmtranstype INTEGER, aggmtransspace INTEGER, agginitval VARCHAR, aggminitval VARCHAR);
CREATE TABLE __tavana.pg.pg_amop (oid INTEGER, amopfamily INTEGER, amoplefttype INTEGER,
  amoprighttype INTEGER, amopstrategy SMALLINT, amoppurpose VARCHAR, amopopr INTEGER, amopmethod INTEGER,
  amopsortfamily INTEGER);
CREATE TABLE __tavana.pg.pg_amproc (oid INTEGER, amprocfamily INTEGER, amproclefttype INTEGER,
  amprocrighttype INTEGER, amprocnum SMALLINT, amproc VARCHAR);
CREATE TABLE __tavana.pg.pg_auth_members (roleid INTEGER, member INTEGER, grantor INTEGER,
  admin_option BOOLEAN);
CREATE TABLE __tavana.pg.pg_available_extension_versions (name VARCHAR, version VARCHAR, installed BOOLEAN,
  superuser BOOLEAN, trusted BOOLEAN, relocatable BOOLEAN, schema VARCHAR, requires VARCHAR[], comment VARCHAR);
CREATE TABLE __tavana.pg.pg_backend_memory_contexts (name VARCHAR, ident VARCHAR, parent VARCHAR,
  level INTEGER, total_bytes BIGINT, total_nblocks BIGINT, free_bytes BIGINT, free_chunks BIGINT, used_bytes BIGINT);
CREATE TABLE __tavana.pg.pg_cast (oid INTEGER, castsource INTEGER, casttarget INTEGER, castfunc INTEGER,
  castcontext VARCHAR, castmethod VARCHAR);
CREATE TABLE __tavana.pg.pg_config (name VARCHAR, setting VARCHAR);
CREATE TABLE __tavana.pg.pg_conversion (oid INTEGER, conname VARCHAR, connamespace INTEGER, conowner INTEGER,
  conforencoding INTEGER, contoencoding INTEGER, conproc VARCHAR, condefault BOOLEAN);
CREATE TABLE __tavana.pg.pg_cursors (name VARCHAR, statement VARCHAR, is_holdable BOOLEAN, is_binary BOOLEAN,
  is_scrollable BOOLEAN, creation_time TIMESTAMPTZ);
CREATE TABLE __tavana.pg.pg_db_role_setting (setdatabase INTEGER, setrole INTEGER, setconfig VARCHAR[]);
CREATE TABLE __tavana.pg.pg_default_acl (oid INTEGER, defaclrole INTEGER, defaclnamespace INTEGER,
  defaclobjtype VARCHAR, defaclacl VARCHAR[]);
CREATE TABLE __tavana.pg.pg_depend (classid INTEGER, objid INTEGER, objsubid INTEGER, refclassid INTEGER,
  refobjid INTEGER, refobjsubid INTEGER, deptype VARCHAR);
CREATE TABLE __tavana.pg.pg_event_trigger (oid INTEGER, evtname VARCHAR, evtevent VARCHAR, evtowner INTEGER,
  evtfoid INTEGER, evtenabled VARCHAR, evttags VARCHAR[]);
CREATE TABLE __tavana.pg.pg_file_settings (sourcefile VARCHAR, sourceline INTEGER, seqno INTEGER,
  name VARCHAR, setting VARCHAR, applied BOOLEAN, error VARCHAR);
CREATE TABLE __tavana.pg.pg_foreign_data_wrapper (oid INTEGER, fdwname VARCHAR, fdwowner INTEGER,
  fdwhandler INTEGER, fdwvalidator INTEGER, fdwacl VARCHAR[], fdwoptions VARCHAR[]);
CREATE TABLE __tavana.pg.pg_foreign_server (oid INTEGER, srvname VARCHAR, srvowner INTEGER, srvfdw INTEGER,
  srvtype VARCHAR, srvversion VARCHAR, srvacl VARCHAR[], srvoptions VARCHAR[]);
CREATE TABLE __tavana.pg.pg_foreign_table (ftrelid INTEGER, ftserver INTEGER, ftoptions VARCHAR[]);
CREATE TABLE __tavana.pg.pg_hba_file_rules (line_number INTEGER, type VARCHAR, "database" VARCHAR[],
  user_name VARCHAR[], address VARCHAR, netmask VARCHAR, auth_method VARCHAR, options VARCHAR[], error VARCHAR);
CREATE TABLE __tavana.pg.pg_ident_file_mappings (line_number INTEGER, map_name VARCHAR, sys_name VARCHAR,
  pg_username VARCHAR, error VARCHAR);
CREATE TABLE __tavana.pg.pg_inherits (inhrelid INTEGER, inhparent INTEGER, inhseqno INTEGER,
  inhdetachpending BOOLEAN);
CREATE TABLE __tavana.pg.pg_init_privs (objoid INTEGER, classoid INTEGER, objsubid INTEGER, privtype VARCHAR,
  initprivs VARCHAR[]);
CREATE TABLE __tavana.pg.pg_largeobject (loid INTEGER, pageno INTEGER, data BLOB);
CREATE TABLE __tavana.pg.pg_largeobject_metadata (oid INTEGER, lomowner INTEGER, lomacl VARCHAR[]);
CREATE TABLE __tavana.pg.pg_locks (locktype VARCHAR, "database" INTEGER, relation INTEGER, page INTEGER,
  tuple SMALLINT, virtualxid VARCHAR, transactionid BIGINT, classid INTEGER, objid INTEGER, objsubid SMALLINT,
  virtualtransaction VARCHAR, pid INTEGER, mode VARCHAR, granted BOOLEAN, fastpath BOOLEAN, waitstart TIMESTAMPTZ);
CREATE TABLE __tavana.pg.pg_matviews (schemaname VARCHAR, matviewname VARCHAR, matviewowner VARCHAR,
  tablespace VARCHAR, hasindexes BOOLEAN, ispopulated BOOLEAN, definition VARCHAR);
CREATE TABLE __tavana.pg.pg_opclass (oid INTEGER, opcmethod INTEGER, opcname VARCHAR, opcnamespace INTEGER,
  opcowner INTEGER, opcfamily INTEGER, opcintype INTEGER, opcdefault BOOLEAN, opckeytype INTEGER);
CREATE TABLE __tavana.pg.pg_operator (oid INTEGER, oprname VARCHAR, oprnamespace INTEGER, oprowner INTEGER,
  oprkind VARCHAR, oprcanmerge BOOLEAN, oprcanhash BOOLEAN, oprleft INTEGER, oprright INTEGER, oprresult INTEGER,
  oprcom INTEGER, oprnegate INTEGER, oprcode VARCHAR, oprrest VARCHAR, oprjoin VARCHAR);
CREATE TABLE __tavana.pg.pg_opfamily (oid INTEGER, opfmethod INTEGER, opfname VARCHAR, opfnamespace INTEGER,
  opfowner INTEGER);
CREATE TABLE __tavana.pg.pg_parameter_acl (oid INTEGER, parname VARCHAR, paracl VARCHAR[]);
CREATE TABLE __tavana.pg.pg_partitioned_table (partrelid INTEGER, partstrat VARCHAR, partnatts SMALLINT,
  partdefid INTEGER, partattrs SMALLINT[], partclass INTEGER[], partcollation INTEGER[], partexprs VARCHAR);
CREATE TABLE __tavana.pg.pg_policies (schemaname VARCHAR, tablename VARCHAR, policyname VARCHAR,
  permissive VARCHAR, roles VARCHAR[], cmd VARCHAR, qual VARCHAR, with_check VARCHAR);
CREATE TABLE __tavana.pg.pg_policy (oid INTEGER, polname VARCHAR, polrelid INTEGER, polcmd VARCHAR,
  polpermissive BOOLEAN, polroles INTEGER[], polqual VARCHAR, polwithcheck VARCHAR);
CREATE TABLE __tavana.pg.pg_prepared_statements (name VARCHAR, statement VARCHAR, prepare_time TIMESTAMPTZ,
  parameter_types VARCHAR[], from_sql BOOLEAN, generic_plans BIGINT, custom_plans BIGINT);
CREATE TABLE __tavana.pg.pg_prepared_xacts (transaction BIGINT, gid VARCHAR, prepared TIMESTAMPTZ,
  owner VARCHAR, "database" VARCHAR);
CREATE TABLE __tavana.pg.pg_publication (oid INTEGER, pubname VARCHAR, pubowner INTEGER,
  puballtables BOOLEAN, pubinsert BOOLEAN, pubupdate BOOLEAN, pubdelete BOOLEAN, pubtruncate BOOLEAN,
  pubviaroot BOOLEAN);
CREATE TABLE __tavana.pg.pg_publication_namespace (oid INTEGER, pnpubid INTEGER, pnnspid INTEGER);
CREATE TABLE __tavana.pg.pg_publication_rel (oid INTEGER, prpubid INTEGER, prrelid INTEGER, prqual VARCHAR,
  prattrs SMALLINT[]);
CREATE TABLE __tavana.pg.pg_publication_tables (pubname VARCHAR, schemaname VARCHAR, tablename VARCHAR,
  attnames VARCHAR[], rowfilter VARCHAR);
CREATE TABLE __tavana.pg.pg_replication_origin (roident INTEGER, roname VARCHAR);
CREATE TABLE __tavana.pg.pg_replication_origin_status (local_id INTEGER, external_id VARCHAR,
  remote_lsn VARCHAR, local_lsn VARCHAR);
CREATE TABLE __tavana.pg.pg_replication_slots (slot_name VARCHAR, plugin VARCHAR, slot_type VARCHAR,
  datoid INTEGER, "database" VARCHAR, temporary BOOLEAN, active BOOLEAN, active_pid INTEGER, xmin BIGINT,
  catalog_xmin BIGINT, restart_lsn VARCHAR, confirmed_flush_lsn VARCHAR, wal_status VARCHAR, safe_wal_size BIGINT,
  two_phase BOOLEAN);
CREATE TABLE __tavana.pg.pg_rules (schemaname VARCHAR, tablename VARCHAR, rulename VARCHAR,
  definition VARCHAR);
CREATE TABLE __tavana.pg.pg_seclabel (objoid INTEGER, classoid INTEGER, objsubid INTEGER, provider VARCHAR,
  label VARCHAR);
CREATE TABLE __tavana.pg.pg_seclabels (objoid INTEGER, classoid INTEGER, objsubid INTEGER, objtype VARCHAR,
  objnamespace INTEGER, objname VARCHAR, provider VARCHAR, label VARCHAR);
CREATE TABLE __tavana.pg.pg_shdepend (dbid INTEGER, classid INTEGER, objid INTEGER, objsubid INTEGER,
  refclassid INTEGER, refobjid INTEGER, deptype VARCHAR);
CREATE TABLE __tavana.pg.pg_shdescription (objoid INTEGER, classoid INTEGER, description VARCHAR);
CREATE TABLE __tavana.pg.pg_shmem_allocations (name VARCHAR, off BIGINT, size BIGINT, allocated_size BIGINT);
CREATE TABLE __tavana.pg.pg_shseclabel (objoid INTEGER, classoid INTEGER, provider VARCHAR, label VARCHAR);
CREATE TABLE __tavana.pg.pg_stat_all_indexes (relid INTEGER, indexrelid INTEGER, schemaname VARCHAR,
  relname VARCHAR, indexrelname VARCHAR, idx_scan BIGINT, idx_tup_read BIGINT, idx_tup_fetch BIGINT);
CREATE TABLE __tavana.pg.pg_stat_archiver (archived_count BIGINT, last_archived_wal VARCHAR,
  last_archived_time TIMESTAMPTZ, failed_count BIGINT, last_failed_wal VARCHAR, last_failed_time TIMESTAMPTZ,
  stats_reset TIMESTAMPTZ);
CREATE TABLE __tavana.pg.pg_stat_bgwriter (checkpoints_timed BIGINT, checkpoints_req BIGINT,
  checkpoint_write_time DOUBLE, checkpoint_sync_time DOUBLE, buffers_checkpoint BIGINT, buffers_clean BIGINT,
  maxwritten_clean BIGINT, buffers_backend BIGINT, buffers_backend_fsync BIGINT, buffers_alloc BIGINT,
  stats_reset TIMESTAMPTZ);
CREATE TABLE __tavana.pg.pg_stat_database_conflicts (datid INTEGER, datname VARCHAR, confl_tablespace BIGINT,
  confl_lock BIGINT, confl_snapshot BIGINT, confl_bufferpin BIGINT, confl_deadlock BIGINT);
CREATE TABLE __tavana.pg.pg_stat_gssapi (pid INTEGER, gss_authenticated BOOLEAN, principal VARCHAR,
  encrypted BOOLEAN);
CREATE TABLE __tavana.pg.pg_stat_progress_analyze (pid INTEGER, datid INTEGER, datname VARCHAR,
  relid INTEGER, phase VARCHAR, sample_blks_total BIGINT, sample_blks_scanned BIGINT, ext_stats_total BIGINT,
  ext_stats_computed BIGINT, child_tables_total BIGINT, child_tables_done BIGINT, current_child_table_relid INTEGER);
CREATE TABLE __tavana.pg.pg_stat_progress_basebackup (pid INTEGER, phase VARCHAR, backup_total BIGINT,
  backup_streamed BIGINT, tablespaces_total BIGINT, tablespaces_streamed BIGINT);
CREATE TABLE __tavana.pg.pg_stat_progress_cluster (pid INTEGER, datid INTEGER, datname VARCHAR,
  relid INTEGER, command VARCHAR, phase VARCHAR, cluster_index_relid INTEGER, heap_tuples_scanned BIGINT,
  heap_tuples_written BIGINT, heap_blks_total BIGINT, heap_blks_scanned BIGINT, index_rebuild_count BIGINT);
CREATE TABLE __tavana.pg.pg_stat_progress_copy (pid INTEGER, datid INTEGER, datname VARCHAR, relid INTEGER,
  command VARCHAR, type VARCHAR, bytes_processed BIGINT, bytes_total BIGINT, tuples_processed BIGINT,
  tuples_excluded BIGINT);
CREATE TABLE __tavana.pg.pg_stat_progress_create_index (pid INTEGER, datid INTEGER, datname VARCHAR,
  relid INTEGER, index_relid INTEGER, command VARCHAR, phase VARCHAR, lockers_total BIGINT, lockers_done BIGINT,
  current_locker_pid BIGINT, blocks_total BIGINT, blocks_done BIGINT, tuples_total BIGINT, tuples_done BIGINT,
  partitions_total BIGINT, partitions_done BIGINT);
CREATE TABLE __tavana.pg.pg_stat_progress_vacuum (pid INTEGER, datid INTEGER, datname VARCHAR, relid INTEGER,
  phase VARCHAR, heap_blks_total BIGINT, heap_blks_scanned BIGINT, heap_blks_vacuumed BIGINT,
  index_vacuum_count BIGINT, max_dead_tuples BIGINT, num_dead_tuples BIGINT);
CREATE TABLE __tavana.pg.pg_stat_recovery_prefetch (stats_reset TIMESTAMPTZ, prefetch BIGINT, hit BIGINT,
  skip_init BIGINT, skip_new BIGINT, skip_fpw BIGINT, skip_rep BIGINT, wal_distance INTEGER, block_distance INTEGER,
  io_depth INTEGER);
CREATE TABLE __tavana.pg.pg_stat_replication (pid INTEGER, usesysid INTEGER, usename VARCHAR,
  application_name VARCHAR, client_addr VARCHAR, client_hostname VARCHAR, client_port INTEGER,
  backend_start TIMESTAMPTZ, backend_xmin BIGINT, state VARCHAR, sent_lsn VARCHAR, write_lsn VARCHAR,
  flush_lsn VARCHAR, replay_lsn VARCHAR, write_lag INTERVAL, flush_lag INTERVAL, replay_lag INTERVAL,
  sync_priority INTEGER, sync_state VARCHAR, reply_time TIMESTAMPTZ);
CREATE TABLE __tavana.pg.pg_stat_replication_slots (slot_name VARCHAR, spill_txns BIGINT, spill_count BIGINT,
  spill_bytes BIGINT, stream_txns BIGINT, stream_count BIGINT, stream_bytes BIGINT, total_txns BIGINT,
  total_bytes BIGINT, stats_reset TIMESTAMPTZ);
CREATE TABLE __tavana.pg.pg_stat_slru (name VARCHAR, blks_zeroed BIGINT, blks_hit BIGINT, blks_read BIGINT,
  blks_written BIGINT, blks_exists BIGINT, flushes BIGINT, truncates BIGINT, stats_reset TIMESTAMPTZ);
CREATE TABLE __tavana.pg.pg_stat_ssl (pid INTEGER, ssl BOOLEAN, version VARCHAR, cipher VARCHAR,
  bits INTEGER, client_dn VARCHAR, client_serial DECIMAL(38,10), issuer_dn VARCHAR);
CREATE TABLE __tavana.pg.pg_stat_subscription (subid INTEGER, subname VARCHAR, pid INTEGER, relid INTEGER,
  received_lsn VARCHAR, last_msg_send_time TIMESTAMPTZ, last_msg_receipt_time TIMESTAMPTZ, latest_end_lsn VARCHAR,
  latest_end_time TIMESTAMPTZ);
CREATE TABLE __tavana.pg.pg_stat_subscription_stats (subid INTEGER, subname VARCHAR,
  apply_error_count BIGINT, sync_error_count BIGINT, stats_reset TIMESTAMPTZ);
CREATE TABLE __tavana.pg.pg_stat_sys_indexes (relid INTEGER, indexrelid INTEGER, schemaname VARCHAR,
  relname VARCHAR, indexrelname VARCHAR, idx_scan BIGINT, idx_tup_read BIGINT, idx_tup_fetch BIGINT);
CREATE TABLE __tavana.pg.pg_stat_sys_tables (relid INTEGER, schemaname VARCHAR, relname VARCHAR,
  seq_scan BIGINT, seq_tup_read BIGINT, idx_scan BIGINT, idx_tup_fetch BIGINT, n_tup_ins BIGINT, n_tup_upd BIGINT,
  n_tup_del BIGINT, n_tup_hot_upd BIGINT, n_live_tup BIGINT, n_dead_tup BIGINT, n_mod_since_analyze BIGINT,
  n_ins_since_vacuum BIGINT, last_vacuum TIMESTAMPTZ, last_autovacuum TIMESTAMPTZ, last_analyze TIMESTAMPTZ,
  last_autoanalyze TIMESTAMPTZ, vacuum_count BIGINT, autovacuum_count BIGINT, analyze_count BIGINT,
  autoanalyze_count BIGINT);
CREATE TABLE __tavana.pg.pg_stat_user_functions (funcid INTEGER, schemaname VARCHAR, funcname VARCHAR,
  calls BIGINT, total_time DOUBLE, self_time DOUBLE);
CREATE TABLE __tavana.pg.pg_stat_user_indexes (relid INTEGER, indexrelid INTEGER, schemaname VARCHAR,
  relname VARCHAR, indexrelname VARCHAR, idx_scan BIGINT, idx_tup_read BIGINT, idx_tup_fetch BIGINT);
CREATE TABLE __tavana.pg.pg_stat_wal (wal_records BIGINT, wal_fpi BIGINT, wal_bytes DECIMAL(38,10),
  wal_buffers_full BIGINT, wal_write BIGINT, wal_sync BIGINT, wal_write_time DOUBLE, wal_sync_time DOUBLE,
  stats_reset TIMESTAMPTZ);
CREATE TABLE __tavana.pg.pg_stat_wal_receiver (pid INTEGER, status VARCHAR, receive_start_lsn VARCHAR,
  receive_start_tli INTEGER, written_lsn VARCHAR, flushed_lsn VARCHAR, received_tli INTEGER,
  last_msg_send_time TIMESTAMPTZ, last_msg_receipt_time TIMESTAMPTZ, latest_end_lsn VARCHAR,
  latest_end_time TIMESTAMPTZ, slot_name VARCHAR, sender_host VARCHAR, sender_port INTEGER, conninfo VARCHAR);
CREATE TABLE __tavana.pg.pg_stat_xact_all_tables (relid INTEGER, schemaname VARCHAR, relname VARCHAR,
  seq_scan BIGINT, seq_tup_read BIGINT, idx_scan BIGINT, idx_tup_fetch BIGINT, n_tup_ins BIGINT, n_tup_upd BIGINT,
  n_tup_del BIGINT, n_tup_hot_upd BIGINT);
CREATE TABLE __tavana.pg.pg_stat_xact_sys_tables (relid INTEGER, schemaname VARCHAR, relname VARCHAR,
  seq_scan BIGINT, seq_tup_read BIGINT, idx_scan BIGINT, idx_tup_fetch BIGINT, n_tup_ins BIGINT, n_tup_upd BIGINT,
  n_tup_del BIGINT, n_tup_hot_upd BIGINT);
CREATE TABLE __tavana.pg.pg_stat_xact_user_functions (funcid INTEGER, schemaname VARCHAR, funcname VARCHAR,
  calls BIGINT, total_time DOUBLE, self_time DOUBLE);
CREATE TABLE __tavana.pg.pg_stat_xact_user_tables (relid INTEGER, schemaname VARCHAR, relname VARCHAR,
  seq_scan BIGINT, seq_tup_read BIGINT, idx_scan BIGINT, idx_tup_fetch BIGINT, n_tup_ins BIGINT, n_tup_upd BIGINT,
  n_tup_del BIGINT, n_tup_hot_upd BIGINT);
CREATE TABLE __tavana.pg.pg_statio_all_indexes (relid INTEGER, indexrelid INTEGER, schemaname VARCHAR,
  relname VARCHAR, indexrelname VARCHAR, idx_blks_read BIGINT, idx_blks_hit BIGINT);
CREATE TABLE __tavana.pg.pg_statio_all_sequences (relid INTEGER, schemaname VARCHAR, relname VARCHAR,
  blks_read BIGINT, blks_hit BIGINT);
CREATE TABLE __tavana.pg.pg_statio_all_tables (relid INTEGER, schemaname VARCHAR, relname VARCHAR,
  heap_blks_read BIGINT, heap_blks_hit BIGINT, idx_blks_read BIGINT, idx_blks_hit BIGINT, toast_blks_read BIGINT,
  toast_blks_hit BIGINT, tidx_blks_read BIGINT, tidx_blks_hit BIGINT);
CREATE TABLE __tavana.pg.pg_statio_sys_indexes (relid INTEGER, indexrelid INTEGER, schemaname VARCHAR,
  relname VARCHAR, indexrelname VARCHAR, idx_blks_read BIGINT, idx_blks_hit BIGINT);
CREATE TABLE __tavana.pg.pg_statio_sys_sequences (relid INTEGER, schemaname VARCHAR, relname VARCHAR,
  blks_read BIGINT, blks_hit BIGINT);
CREATE TABLE __tavana.pg.pg_statio_sys_tables (relid INTEGER, schemaname VARCHAR, relname VARCHAR,
  heap_blks_read BIGINT, heap_blks_hit BIGINT, idx_blks_read BIGINT, idx_blks_hit BIGINT, toast_blks_read BIGINT,
  toast_blks_hit BIGINT, tidx_blks_read BIGINT, tidx_blks_hit BIGINT);
CREATE TABLE __tavana.pg.pg_statio_user_indexes (relid INTEGER, indexrelid INTEGER, schemaname VARCHAR,
  relname VARCHAR, indexrelname VARCHAR, idx_blks_read BIGINT, idx_blks_hit BIGINT);
CREATE TABLE __tavana.pg.pg_statio_user_sequences (relid INTEGER, schemaname VARCHAR, relname VARCHAR,
  blks_read BIGINT, blks_hit BIGINT);
CREATE TABLE __tavana.pg.pg_statistic (starelid INTEGER, staattnum SMALLINT, stainherit BOOLEAN,
  stanullfrac FLOAT, stawidth INTEGER, stadistinct FLOAT, stakind1 SMALLINT, stakind2 SMALLINT, stakind3 SMALLINT,
  stakind4 SMALLINT, stakind5 SMALLINT, staop1 INTEGER, staop2 INTEGER, staop3 INTEGER, staop4 INTEGER,
  staop5 INTEGER, stacoll1 INTEGER, stacoll2 INTEGER, stacoll3 INTEGER, stacoll4 INTEGER, stacoll5 INTEGER,
  stanumbers1 FLOAT[], stanumbers2 FLOAT[], stanumbers3 FLOAT[], stanumbers4 FLOAT[], stanumbers5 FLOAT[],
  stavalues1 VARCHAR, stavalues2 VARCHAR, stavalues3 VARCHAR, stavalues4 VARCHAR, stavalues5 VARCHAR);
CREATE TABLE __tavana.pg.pg_statistic_ext (oid INTEGER, stxrelid INTEGER, stxname VARCHAR,
  stxnamespace INTEGER, stxowner INTEGER, stxstattarget INTEGER, stxkeys SMALLINT[], stxkind VARCHAR[],
  stxexprs VARCHAR);
CREATE TABLE __tavana.pg.pg_statistic_ext_data (stxoid INTEGER, stxdinherit BOOLEAN, stxdndistinct VARCHAR,
  stxddependencies VARCHAR, stxdmcv VARCHAR, stxdexpr VARCHAR[]);
CREATE TABLE __tavana.pg.pg_stats (schemaname VARCHAR, tablename VARCHAR, attname VARCHAR, inherited BOOLEAN,
  null_frac FLOAT, avg_width INTEGER, n_distinct FLOAT, most_common_vals VARCHAR, most_common_freqs FLOAT[],
  histogram_bounds VARCHAR, correlation FLOAT, most_common_elems VARCHAR, most_common_elem_freqs FLOAT[],
  elem_count_histogram FLOAT[]);
CREATE TABLE __tavana.pg.pg_stats_ext (schemaname VARCHAR, tablename VARCHAR, statistics_schemaname VARCHAR,
  statistics_name VARCHAR, statistics_owner VARCHAR, attnames VARCHAR[], exprs VARCHAR[], kinds VARCHAR[],
  inherited BOOLEAN, n_distinct VARCHAR, dependencies VARCHAR, most_common_vals VARCHAR[],
  most_common_val_nulls BOOLEAN[], most_common_freqs DOUBLE[], most_common_base_freqs DOUBLE[]);
CREATE TABLE __tavana.pg.pg_stats_ext_exprs (schemaname VARCHAR, tablename VARCHAR,
  statistics_schemaname VARCHAR, statistics_name VARCHAR, statistics_owner VARCHAR, expr VARCHAR, inherited BOOLEAN,
  null_frac FLOAT, avg_width INTEGER, n_distinct FLOAT, most_common_vals VARCHAR, most_common_freqs FLOAT[],
  histogram_bounds VARCHAR, correlation FLOAT, most_common_elems VARCHAR, most_common_elem_freqs FLOAT[],
  elem_count_histogram FLOAT[]);
CREATE TABLE __tavana.pg.pg_subscription (oid INTEGER, subdbid INTEGER, subskiplsn VARCHAR, subname VARCHAR,
  subowner INTEGER, subenabled BOOLEAN, subbinary BOOLEAN, substream BOOLEAN, subtwophasestate VARCHAR,
  subdisableonerr BOOLEAN, subconninfo VARCHAR, subslotname VARCHAR, subsynccommit VARCHAR,
  subpublications VARCHAR[]);
CREATE TABLE __tavana.pg.pg_subscription_rel (srsubid INTEGER, srrelid INTEGER, srsubstate VARCHAR,
  srsublsn VARCHAR);
CREATE TABLE __tavana.pg.pg_timezone_abbrevs (abbrev VARCHAR, utc_offset INTERVAL, is_dst BOOLEAN);
CREATE TABLE __tavana.pg.pg_transform (oid INTEGER, trftype INTEGER, trflang INTEGER, trffromsql VARCHAR,
  trftosql VARCHAR);
CREATE TABLE __tavana.pg.pg_trigger (oid INTEGER, tgrelid INTEGER, tgparentid INTEGER, tgname VARCHAR,
  tgfoid INTEGER, tgtype SMALLINT, tgenabled VARCHAR, tgisinternal BOOLEAN, tgconstrrelid INTEGER,
  tgconstrindid INTEGER, tgconstraint INTEGER, tgdeferrable BOOLEAN, tginitdeferred BOOLEAN, tgnargs SMALLINT,
  tgattr SMALLINT[], tgargs BLOB, tgqual VARCHAR, tgoldtable VARCHAR, tgnewtable VARCHAR);
CREATE TABLE __tavana.pg.pg_ts_config (oid INTEGER, cfgname VARCHAR, cfgnamespace INTEGER, cfgowner INTEGER,
  cfgparser INTEGER);
CREATE TABLE __tavana.pg.pg_ts_config_map (mapcfg INTEGER, maptokentype INTEGER, mapseqno INTEGER,
  mapdict INTEGER);
CREATE TABLE __tavana.pg.pg_ts_dict (oid INTEGER, dictname VARCHAR, dictnamespace INTEGER, dictowner INTEGER,
  dicttemplate INTEGER, dictinitoption VARCHAR);
CREATE TABLE __tavana.pg.pg_ts_parser (oid INTEGER, prsname VARCHAR, prsnamespace INTEGER, prsstart VARCHAR,
  prstoken VARCHAR, prsend VARCHAR, prsheadline VARCHAR, prslextype VARCHAR);
CREATE TABLE __tavana.pg.pg_ts_template (oid INTEGER, tmplname VARCHAR, tmplnamespace INTEGER,
  tmplinit VARCHAR, tmpllexize VARCHAR);
CREATE TABLE __tavana.pg.pg_user_mapping (oid INTEGER, umuser INTEGER, umserver INTEGER, umoptions VARCHAR[]);
CREATE TABLE __tavana.pg.pg_user_mappings (umid INTEGER, srvid INTEGER, srvname VARCHAR, umuser INTEGER,
  usename VARCHAR, umoptions VARCHAR[]);
CREATE TABLE __tavana.info.administrable_role_authorizations (grantee VARCHAR, role_name VARCHAR,
  is_grantable VARCHAR);
CREATE TABLE __tavana.info.attributes (udt_catalog VARCHAR, udt_schema VARCHAR, udt_name VARCHAR,
  attribute_name VARCHAR, ordinal_position INTEGER, attribute_default VARCHAR, is_nullable VARCHAR,
  data_type VARCHAR, character_maximum_length INTEGER, character_octet_length INTEGER, character_set_catalog VARCHAR,
  character_set_schema VARCHAR, character_set_name VARCHAR, collation_catalog VARCHAR, collation_schema VARCHAR,
  collation_name VARCHAR, numeric_precision INTEGER, numeric_precision_radix INTEGER, numeric_scale INTEGER,
  datetime_precision INTEGER, interval_type VARCHAR, interval_precision INTEGER, attribute_udt_catalog VARCHAR,
  attribute_udt_schema VARCHAR, attribute_udt_name VARCHAR, scope_catalog VARCHAR, scope_schema VARCHAR,
  scope_name VARCHAR, maximum_cardinality INTEGER, dtd_identifier VARCHAR, is_derived_reference_attribute VARCHAR);
CREATE TABLE __tavana.info.check_constraint_routine_usage (constraint_catalog VARCHAR,
  constraint_schema VARCHAR, constraint_name VARCHAR, specific_catalog VARCHAR, specific_schema VARCHAR,
  specific_name VARCHAR);
CREATE TABLE __tavana.info.collation_character_set_applicability (collation_catalog VARCHAR,
  collation_schema VARCHAR, collation_name VARCHAR, character_set_catalog VARCHAR, character_set_schema VARCHAR,
  character_set_name VARCHAR);
CREATE TABLE __tavana.info.collations (collation_catalog VARCHAR, collation_schema VARCHAR,
  collation_name VARCHAR, pad_attribute VARCHAR);
CREATE TABLE __tavana.info.column_column_usage (table_catalog VARCHAR, table_schema VARCHAR,
  table_name VARCHAR, column_name VARCHAR, dependent_column VARCHAR);
CREATE TABLE __tavana.info.column_domain_usage (domain_catalog VARCHAR, domain_schema VARCHAR,
  domain_name VARCHAR, table_catalog VARCHAR, table_schema VARCHAR, table_name VARCHAR, column_name VARCHAR);
CREATE TABLE __tavana.info.column_options (table_catalog VARCHAR, table_schema VARCHAR,
  table_name VARCHAR, column_name VARCHAR, option_name VARCHAR, option_value VARCHAR);
CREATE TABLE __tavana.info.column_privileges (grantor VARCHAR, grantee VARCHAR, table_catalog VARCHAR,
  table_schema VARCHAR, table_name VARCHAR, column_name VARCHAR, privilege_type VARCHAR, is_grantable VARCHAR);
CREATE TABLE __tavana.info.column_udt_usage (udt_catalog VARCHAR, udt_schema VARCHAR, udt_name VARCHAR,
  table_catalog VARCHAR, table_schema VARCHAR, table_name VARCHAR, column_name VARCHAR);
CREATE TABLE __tavana.info.data_type_privileges (object_catalog VARCHAR, object_schema VARCHAR,
  object_name VARCHAR, object_type VARCHAR, dtd_identifier VARCHAR);
CREATE TABLE __tavana.info.domain_constraints (constraint_catalog VARCHAR, constraint_schema VARCHAR,
  constraint_name VARCHAR, domain_catalog VARCHAR, domain_schema VARCHAR, domain_name VARCHAR, is_deferrable VARCHAR,
  initially_deferred VARCHAR);
CREATE TABLE __tavana.info.domain_udt_usage (udt_catalog VARCHAR, udt_schema VARCHAR, udt_name VARCHAR,
  domain_catalog VARCHAR, domain_schema VARCHAR, domain_name VARCHAR);
CREATE TABLE __tavana.info.domains (domain_catalog VARCHAR, domain_schema VARCHAR, domain_name VARCHAR,
  data_type VARCHAR, character_maximum_length INTEGER, character_octet_length INTEGER, character_set_catalog VARCHAR,
  character_set_schema VARCHAR, character_set_name VARCHAR, collation_catalog VARCHAR, collation_schema VARCHAR,
  collation_name VARCHAR, numeric_precision INTEGER, numeric_precision_radix INTEGER, numeric_scale INTEGER,
  datetime_precision INTEGER, interval_type VARCHAR, interval_precision INTEGER, domain_default VARCHAR,
  udt_catalog VARCHAR, udt_schema VARCHAR, udt_name VARCHAR, scope_catalog VARCHAR, scope_schema VARCHAR,
  scope_name VARCHAR, maximum_cardinality INTEGER, dtd_identifier VARCHAR);
CREATE TABLE __tavana.info.element_types (object_catalog VARCHAR, object_schema VARCHAR,
  object_name VARCHAR, object_type VARCHAR, collection_type_identifier VARCHAR, data_type VARCHAR,
  character_maximum_length INTEGER, character_octet_length INTEGER, character_set_catalog VARCHAR,
  character_set_schema VARCHAR, character_set_name VARCHAR, collation_catalog VARCHAR, collation_schema VARCHAR,
  collation_name VARCHAR, numeric_precision INTEGER, numeric_precision_radix INTEGER, numeric_scale INTEGER,
  datetime_precision INTEGER, interval_type VARCHAR, interval_precision INTEGER, domain_default VARCHAR,
  udt_catalog VARCHAR, udt_schema VARCHAR, udt_name VARCHAR, scope_catalog VARCHAR, scope_schema VARCHAR,
  scope_name VARCHAR, maximum_cardinality INTEGER, dtd_identifier VARCHAR);
CREATE TABLE __tavana.info.foreign_data_wrapper_options (foreign_data_wrapper_catalog VARCHAR,
  foreign_data_wrapper_name VARCHAR, option_name VARCHAR, option_value VARCHAR);
CREATE TABLE __tavana.info.foreign_data_wrappers (foreign_data_wrapper_catalog VARCHAR,
  foreign_data_wrapper_name VARCHAR, authorization_identifier VARCHAR, library_name VARCHAR,
  foreign_data_wrapper_language VARCHAR);
CREATE TABLE __tavana.info.foreign_server_options (foreign_server_catalog VARCHAR,
  foreign_server_name VARCHAR, option_name VARCHAR, option_value VARCHAR);
CREATE TABLE __tavana.info.foreign_servers (foreign_server_catalog VARCHAR,
  foreign_server_name VARCHAR, foreign_data_wrapper_catalog VARCHAR, foreign_data_wrapper_name VARCHAR,
  foreign_server_type VARCHAR, foreign_server_version VARCHAR, authorization_identifier VARCHAR);
CREATE TABLE __tavana.info.foreign_table_options (foreign_table_catalog VARCHAR,
  foreign_table_schema VARCHAR, foreign_table_name VARCHAR, option_name VARCHAR, option_value VARCHAR);
CREATE TABLE __tavana.info.foreign_tables (foreign_table_catalog VARCHAR, foreign_table_schema VARCHAR,
  foreign_table_name VARCHAR, foreign_server_catalog VARCHAR, foreign_server_name VARCHAR);
CREATE TABLE __tavana.info.parameters (specific_catalog VARCHAR, specific_schema VARCHAR,
  specific_name VARCHAR, ordinal_position INTEGER, parameter_mode VARCHAR, is_result VARCHAR, as_locator VARCHAR,
  parameter_name VARCHAR, data_type VARCHAR, character_maximum_length INTEGER, character_octet_length INTEGER,
  character_set_catalog VARCHAR, character_set_schema VARCHAR, character_set_name VARCHAR, collation_catalog VARCHAR,
  collation_schema VARCHAR, collation_name VARCHAR, numeric_precision INTEGER, numeric_precision_radix INTEGER,
  numeric_scale INTEGER, datetime_precision INTEGER, interval_type VARCHAR, interval_precision INTEGER,
  udt_catalog VARCHAR, udt_schema VARCHAR, udt_name VARCHAR, scope_catalog VARCHAR, scope_schema VARCHAR,
  scope_name VARCHAR, maximum_cardinality INTEGER, dtd_identifier VARCHAR, parameter_default VARCHAR);
CREATE TABLE __tavana.info.role_column_grants (grantor VARCHAR, grantee VARCHAR, table_catalog VARCHAR,
  table_schema VARCHAR, table_name VARCHAR, column_name VARCHAR, privilege_type VARCHAR, is_grantable VARCHAR);
CREATE TABLE __tavana.info.role_routine_grants (grantor VARCHAR, grantee VARCHAR,
  specific_catalog VARCHAR, specific_schema VARCHAR, specific_name VARCHAR, routine_catalog VARCHAR,
  routine_schema VARCHAR, routine_name VARCHAR, privilege_type VARCHAR, is_grantable VARCHAR);
CREATE TABLE __tavana.info.role_udt_grants (grantor VARCHAR, grantee VARCHAR, udt_catalog VARCHAR,
  udt_schema VARCHAR, udt_name VARCHAR, privilege_type VARCHAR, is_grantable VARCHAR);
CREATE TABLE __tavana.info.role_usage_grants (grantor VARCHAR, grantee VARCHAR, object_catalog VARCHAR,
  object_schema VARCHAR, object_name VARCHAR, object_type VARCHAR, privilege_type VARCHAR, is_grantable VARCHAR);
CREATE TABLE __tavana.info.routine_column_usage (specific_catalog VARCHAR, specific_schema VARCHAR,
  specific_name VARCHAR, routine_catalog VARCHAR, routine_schema VARCHAR, routine_name VARCHAR,
  table_catalog VARCHAR, table_schema VARCHAR, table_name VARCHAR, column_name VARCHAR);
CREATE TABLE __tavana.info.routine_privileges (grantor VARCHAR, grantee VARCHAR,
  specific_catalog VARCHAR, specific_schema VARCHAR, specific_name VARCHAR, routine_catalog VARCHAR,
  routine_schema VARCHAR, routine_name VARCHAR, privilege_type VARCHAR, is_grantable VARCHAR);
CREATE TABLE __tavana.info.routine_routine_usage (specific_catalog VARCHAR, specific_schema VARCHAR,
  specific_name VARCHAR, routine_catalog VARCHAR, routine_schema VARCHAR, routine_name VARCHAR);
CREATE TABLE __tavana.info.routine_sequence_usage (specific_catalog VARCHAR, specific_schema VARCHAR,
  specific_name VARCHAR, routine_catalog VARCHAR, routine_schema VARCHAR, routine_name VARCHAR,
  sequence_catalog VARCHAR, sequence_schema VARCHAR, sequence_name VARCHAR);
CREATE TABLE __tavana.info.routine_table_usage (specific_catalog VARCHAR, specific_schema VARCHAR,
  specific_name VARCHAR, routine_catalog VARCHAR, routine_schema VARCHAR, routine_name VARCHAR,
  table_catalog VARCHAR, table_schema VARCHAR, table_name VARCHAR);
CREATE TABLE __tavana.info.sql_features (feature_id VARCHAR, feature_name VARCHAR,
  sub_feature_id VARCHAR, sub_feature_name VARCHAR, is_supported VARCHAR, is_verified_by VARCHAR, comments VARCHAR);
CREATE TABLE __tavana.info.sql_implementation_info (implementation_info_id VARCHAR,
  implementation_info_name VARCHAR, integer_value INTEGER, character_value VARCHAR, comments VARCHAR);
CREATE TABLE __tavana.info.sql_parts (feature_id VARCHAR, feature_name VARCHAR, is_supported VARCHAR,
  is_verified_by VARCHAR, comments VARCHAR);
CREATE TABLE __tavana.info.sql_sizing (sizing_id INTEGER, sizing_name VARCHAR, supported_value INTEGER,
  comments VARCHAR);
CREATE TABLE __tavana.info.transforms (udt_catalog VARCHAR, udt_schema VARCHAR, udt_name VARCHAR,
  specific_catalog VARCHAR, specific_schema VARCHAR, specific_name VARCHAR, group_name VARCHAR,
  transform_type VARCHAR);
CREATE TABLE __tavana.info.triggered_update_columns (trigger_catalog VARCHAR, trigger_schema VARCHAR,
  trigger_name VARCHAR, event_object_catalog VARCHAR, event_object_schema VARCHAR, event_object_table VARCHAR,
  event_object_column VARCHAR);
CREATE TABLE __tavana.info.triggers (trigger_catalog VARCHAR, trigger_schema VARCHAR,
  trigger_name VARCHAR, event_manipulation VARCHAR, event_object_catalog VARCHAR, event_object_schema VARCHAR,
  event_object_table VARCHAR, action_order INTEGER, action_condition VARCHAR, action_statement VARCHAR,
  action_orientation VARCHAR, action_timing VARCHAR, action_reference_old_table VARCHAR,
  action_reference_new_table VARCHAR, action_reference_old_row VARCHAR, action_reference_new_row VARCHAR,
  created TIMESTAMPTZ);
CREATE TABLE __tavana.info.udt_privileges (grantor VARCHAR, grantee VARCHAR, udt_catalog VARCHAR,
  udt_schema VARCHAR, udt_name VARCHAR, privilege_type VARCHAR, is_grantable VARCHAR);
CREATE TABLE __tavana.info.usage_privileges (grantor VARCHAR, grantee VARCHAR, object_catalog VARCHAR,
  object_schema VARCHAR, object_name VARCHAR, object_type VARCHAR, privilege_type VARCHAR, is_grantable VARCHAR);
CREATE TABLE __tavana.info.user_defined_types (user_defined_type_catalog VARCHAR,
  user_defined_type_schema VARCHAR, user_defined_type_name VARCHAR, user_defined_type_category VARCHAR,
  is_instantiable VARCHAR, is_final VARCHAR, ordering_form VARCHAR, ordering_category VARCHAR,
  ordering_routine_catalog VARCHAR, ordering_routine_schema VARCHAR, ordering_routine_name VARCHAR,
  reference_type VARCHAR, data_type VARCHAR, character_maximum_length INTEGER, character_octet_length INTEGER,
  character_set_catalog VARCHAR, character_set_schema VARCHAR, character_set_name VARCHAR, collation_catalog VARCHAR,
  collation_schema VARCHAR, collation_name VARCHAR, numeric_precision INTEGER, numeric_precision_radix INTEGER,
  numeric_scale INTEGER, datetime_precision INTEGER, interval_type VARCHAR, interval_precision INTEGER,
  source_dtd_identifier VARCHAR, ref_dtd_identifier VARCHAR);
CREATE TABLE __tavana.info.user_mapping_options (authorization_identifier VARCHAR,
  foreign_server_catalog VARCHAR, foreign_server_name VARCHAR, option_name VARCHAR, option_value VARCHAR);
CREATE TABLE __tavana.info.user_mappings (authorization_identifier VARCHAR,
  foreign_server_catalog VARCHAR, foreign_server_name VARCHAR);
CREATE TABLE __tavana.info.view_column_usage (view_catalog VARCHAR, view_schema VARCHAR,
  view_name VARCHAR, table_catalog VARCHAR, table_schema VARCHAR, table_name VARCHAR, column_name VARCHAR);
CREATE TABLE __tavana.info.view_routine_usage (table_catalog VARCHAR, table_schema VARCHAR,
  table_name VARCHAR, specific_catalog VARCHAR, specific_schema VARCHAR, specific_name VARCHAR);
CREATE TABLE __tavana.info.view_table_usage (view_catalog VARCHAR, view_schema VARCHAR,
  view_name VARCHAR, table_catalog VARCHAR, table_schema VARCHAR, table_name VARCHAR);

-- The oids that clients write as numbers.
CREATE TABLE __tavana.main.catalog_oids AS SELECT * FROM (VALUES
  ('pg_aggregate', 2600), ('pg_am', 2601), ('pg_amop', 2602), ('pg_amproc', 2603), ('pg_attrdef', 2604),
  ('pg_attribute', 1249), ('pg_auth_members', 1261), ('pg_authid', 1260), ('pg_cast', 2605), ('pg_class', 1259),
  ('pg_collation', 3456), ('pg_constraint', 2606), ('pg_conversion', 2607), ('pg_database', 1262),
  ('pg_db_role_setting', 2964), ('pg_default_acl', 826), ('pg_depend', 2608), ('pg_description', 2609),
  ('pg_enum', 3501), ('pg_event_trigger', 3466), ('pg_extension', 3079), ('pg_foreign_data_wrapper', 2328),
  ('pg_foreign_server', 1417), ('pg_foreign_table', 3118), ('pg_index', 2610), ('pg_inherits', 2611),
  ('pg_init_privs', 3394), ('pg_language', 2612), ('pg_largeobject', 2613), ('pg_largeobject_metadata', 2995),
  ('pg_namespace', 2615), ('pg_opclass', 2616), ('pg_operator', 2617), ('pg_opfamily', 2753),
  ('pg_parameter_acl', 6243), ('pg_partitioned_table', 3350), ('pg_policy', 3256), ('pg_proc', 1255),
  ('pg_publication', 6104), ('pg_publication_namespace', 6237), ('pg_publication_rel', 6106), ('pg_range', 3541),
  ('pg_replication_origin', 6000), ('pg_rewrite', 2618), ('pg_seclabel', 3596), ('pg_sequence', 2224),
  ('pg_shdepend', 1214), ('pg_shdescription', 2396), ('pg_shseclabel', 3592), ('pg_statistic', 2619),
  ('pg_statistic_ext', 3381), ('pg_statistic_ext_data', 3429), ('pg_subscription', 6100),
  ('pg_subscription_rel', 6102), ('pg_tablespace', 1213), ('pg_transform', 3576), ('pg_trigger', 2620),
  ('pg_ts_config', 3602), ('pg_ts_config_map', 3603), ('pg_ts_dict', 3600), ('pg_ts_parser', 3601),
  ('pg_ts_template', 3764), ('pg_type', 1247), ('pg_user_mapping', 1418)
) AS v(name, oid);

CREATE TABLE __tavana.main.builtin_types AS SELECT * FROM (VALUES

  (16, 'bool', 1, true, 'b', 'B', true, ',', 0, 1000, 'boolin', 'boolout', 'boolrecv', 'boolsend', '-', '-', 'c', 'p', 0),
  (17, 'bytea', -1, false, 'b', 'U', false, ',', 0, 1001, 'byteain', 'byteaout', 'bytearecv', 'byteasend', '-', '-', 'i', 'x', 0),
  (18, 'char', 1, true, 'b', 'Z', false, ',', 0, 1002, 'charin', 'charout', 'charrecv', 'charsend', '-', '-', 'c', 'p', 0),
  (19, 'name', 64, false, 'b', 'S', false, ',', 18, 1003, 'namein', 'nameout', 'namerecv', 'namesend', '-', '-', 'c', 'p', 950),
  (20, 'int8', 8, true, 'b', 'N', false, ',', 0, 1016, 'int8in', 'int8out', 'int8recv', 'int8send', '-', '-', 'd', 'p', 0),
  (21, 'int2', 2, true, 'b', 'N', false, ',', 0, 1005, 'int2in', 'int2out', 'int2recv', 'int2send', '-', '-', 's', 'p', 0),
  (22, 'int2vector', -1, false, 'b', 'A', false, ',', 21, 1006, 'int2vectorin', 'int2vectorout', 'int2vectorrecv', 'int2vectorsend', '-', '-', 'i', 'p', 0),
  (23, 'int4', 4, true, 'b', 'N', false, ',', 0, 1007, 'int4in', 'int4out', 'int4recv', 'int4send', '-', '-', 'i', 'p', 0),
  (24, 'regproc', 4, true, 'b', 'N', false, ',', 0, 1008, 'regprocin', 'regprocout', 'regprocrecv', 'regprocsend', '-', '-', 'i', 'p', 0),
  (25, 'text', -1, false, 'b', 'S', true, ',', 0, 1009, 'textin', 'textout', 'textrecv', 'textsend', '-', '-', 'i', 'x', 100),
  (26, 'oid', 4, true, 'b', 'N', true, ',', 0, 1028, 'oidin', 'oidout', 'oidrecv', 'oidsend', '-', '-', 'i', 'p', 0),
  (27, 'tid', 6, false, 'b', 'U', false, ',', 0, 1010, 'tidin', 'tidout', 'tidrecv', 'tidsend', '-', '-', 's', 'p', 0),
  (28, 'xid', 4, true, 'b', 'U', false, ',', 0, 1011, 'xidin', 'xidout', 'xidrecv', 'xidsend', '-', '-', 'i', 'p', 0),
  (29, 'cid', 4, true, 'b', 'U', false, ',', 0, 1012, 'cidin', 'cidout', 'cidrecv', 'cidsend', '-', '-', 'i', 'p', 0),
  (30, 'oidvector', -1, false, 'b', 'A', false, ',', 26, 1013, 'oidvectorin', 'oidvectorout', 'oidvectorrecv', 'oidvectorsend', '-', '-', 'i', 'p', 0),
  (114, 'json', -1, false, 'b', 'U', false, ',', 0, 199, 'json_in', 'json_out', 'json_recv', 'json_send', '-', '-', 'i', 'x', 0),
  (142, 'xml', -1, false, 'b', 'U', false, ',', 0, 143, 'xml_in', 'xml_out', 'xml_recv', 'xml_send', '-', '-', 'i', 'x', 0),
  (143, '_xml', -1, false, 'b', 'A', false, ',', 142, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (194, 'pg_node_tree', -1, false, 'b', 'Z', false, ',', 0, 0, 'pg_node_tree_in', 'pg_node_tree_out', 'pg_node_tree_recv', 'pg_node_tree_send', '-', '-', 'i', 'x', 100),
  (199, '_json', -1, false, 'b', 'A', false, ',', 114, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (269, 'table_am_handler', 4, true, 'p', 'P', false, ',', 0, 0, 'table_am_handler_in', 'table_am_handler_out', '-', '-', '-', '-', 'i', 'p', 0),
  (271, '_xid8', -1, false, 'b', 'A', false, ',', 5069, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (325, 'index_am_handler', 4, true, 'p', 'P', false, ',', 0, 0, 'index_am_handler_in', 'index_am_handler_out', '-', '-', '-', '-', 'i', 'p', 0),
  (600, 'point', 16, false, 'b', 'G', false, ',', 701, 1017, 'point_in', 'point_out', 'point_recv', 'point_send', '-', '-', 'd', 'p', 0),
  (601, 'lseg', 32, false, 'b', 'G', false, ',', 600, 1018, 'lseg_in', 'lseg_out', 'lseg_recv', 'lseg_send', '-', '-', 'd', 'p', 0),
  (602, 'path', -1, false, 'b', 'G', false, ',', 0, 1019, 'path_in', 'path_out', 'path_recv', 'path_send', '-', '-', 'd', 'x', 0),
  (603, 'box', 32, false, 'b', 'G', false, ';', 600, 1020, 'box_in', 'box_out', 'box_recv', 'box_send', '-', '-', 'd', 'p', 0),
  (604, 'polygon', -1, false, 'b', 'G', false, ',', 0, 1027, 'poly_in', 'poly_out', 'poly_recv', 'poly_send', '-', '-', 'd', 'x', 0),
  (628, 'line', 24, false, 'b', 'G', false, ',', 701, 629, 'line_in', 'line_out', 'line_recv', 'line_send', '-', '-', 'd', 'p', 0),
  (629, '_line', -1, false, 'b', 'A', false, ',', 628, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (650, 'cidr', -1, false, 'b', 'I', false, ',', 0, 651, 'cidr_in', 'cidr_out', 'cidr_recv', 'cidr_send', '-', '-', 'i', 'm', 0),
  (651, '_cidr', -1, false, 'b', 'A', false, ',', 650, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (700, 'float4', 4, true, 'b', 'N', false, ',', 0, 1021, 'float4in', 'float4out', 'float4recv', 'float4send', '-', '-', 'i', 'p', 0),
  (701, 'float8', 8, true, 'b', 'N', true, ',', 0, 1022, 'float8in', 'float8out', 'float8recv', 'float8send', '-', '-', 'd', 'p', 0),
  (705, 'unknown', -2, false, 'p', 'X', false, ',', 0, 0, 'unknownin', 'unknownout', 'unknownrecv', 'unknownsend', '-', '-', 'c', 'p', 0),
  (718, 'circle', 24, false, 'b', 'G', false, ',', 0, 719, 'circle_in', 'circle_out', 'circle_recv', 'circle_send', '-', '-', 'd', 'p', 0),
  (719, '_circle', -1, false, 'b', 'A', false, ',', 718, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (774, 'macaddr8', 8, false, 'b', 'U', false, ',', 0, 775, 'macaddr8_in', 'macaddr8_out', 'macaddr8_recv', 'macaddr8_send', '-', '-', 'i', 'p', 0),
  (775, '_macaddr8', -1, false, 'b', 'A', false, ',', 774, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (790, 'money', 8, true, 'b', 'N', false, ',', 0, 791, 'cash_in', 'cash_out', 'cash_recv', 'cash_send', '-', '-', 'd', 'p', 0),
  (791, '_money', -1, false, 'b', 'A', false, ',', 790, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (829, 'macaddr', 6, false, 'b', 'U', false, ',', 0, 1040, 'macaddr_in', 'macaddr_out', 'macaddr_recv', 'macaddr_send', '-', '-', 'i', 'p', 0),
  (869, 'inet', -1, false, 'b', 'I', true, ',', 0, 1041, 'inet_in', 'inet_out', 'inet_recv', 'inet_send', '-', '-', 'i', 'm', 0),
  (1000, '_bool', -1, false, 'b', 'A', false, ',', 16, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1001, '_bytea', -1, false, 'b', 'A', false, ',', 17, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1002, '_char', -1, false, 'b', 'A', false, ',', 18, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1003, '_name', -1, false, 'b', 'A', false, ',', 19, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 950),
  (1005, '_int2', -1, false, 'b', 'A', false, ',', 21, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1006, '_int2vector', -1, false, 'b', 'A', false, ',', 22, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1007, '_int4', -1, false, 'b', 'A', false, ',', 23, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1008, '_regproc', -1, false, 'b', 'A', false, ',', 24, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1009, '_text', -1, false, 'b', 'A', false, ',', 25, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 100),
  (1010, '_tid', -1, false, 'b', 'A', false, ',', 27, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1011, '_xid', -1, false, 'b', 'A', false, ',', 28, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1012, '_cid', -1, false, 'b', 'A', false, ',', 29, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1013, '_oidvector', -1, false, 'b', 'A', false, ',', 30, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1014, '_bpchar', -1, false, 'b', 'A', false, ',', 1042, 0, 'array_in', 'array_out', 'array_recv', 'array_send', 'bpchartypmodin', 'bpchartypmodout', 'i', 'x', 100),
  (1015, '_varchar', -1, false, 'b', 'A', false, ',', 1043, 0, 'array_in', 'array_out', 'array_recv', 'array_send', 'varchartypmodin', 'varchartypmodout', 'i', 'x', 100),
  (1016, '_int8', -1, false, 'b', 'A', false, ',', 20, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (1017, '_point', -1, false, 'b', 'A', false, ',', 600, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (1018, '_lseg', -1, false, 'b', 'A', false, ',', 601, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (1019, '_path', -1, false, 'b', 'A', false, ',', 602, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (1020, '_box', -1, false, 'b', 'A', false, ';', 603, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (1021, '_float4', -1, false, 'b', 'A', false, ',', 700, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1022, '_float8', -1, false, 'b', 'A', false, ',', 701, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (1027, '_polygon', -1, false, 'b', 'A', false, ',', 604, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (1028, '_oid', -1, false, 'b', 'A', false, ',', 26, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1033, 'aclitem', 12, false, 'b', 'U', false, ',', 0, 1034, 'aclitemin', 'aclitemout', '-', '-', '-', '-', 'i', 'p', 0),
  (1034, '_aclitem', -1, false, 'b', 'A', false, ',', 1033, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1040, '_macaddr', -1, false, 'b', 'A', false, ',', 829, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1041, '_inet', -1, false, 'b', 'A', false, ',', 869, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1042, 'bpchar', -1, false, 'b', 'S', false, ',', 0, 1014, 'bpcharin', 'bpcharout', 'bpcharrecv', 'bpcharsend', 'bpchartypmodin', 'bpchartypmodout', 'i', 'x', 100),
  (1043, 'varchar', -1, false, 'b', 'S', false, ',', 0, 1015, 'varcharin', 'varcharout', 'varcharrecv', 'varcharsend', 'varchartypmodin', 'varchartypmodout', 'i', 'x', 100),
  (1082, 'date', 4, true, 'b', 'D', false, ',', 0, 1182, 'date_in', 'date_out', 'date_recv', 'date_send', '-', '-', 'i', 'p', 0),
  (1083, 'time', 8, true, 'b', 'D', false, ',', 0, 1183, 'time_in', 'time_out', 'time_recv', 'time_send', 'timetypmodin', 'timetypmodout', 'd', 'p', 0),
  (1114, 'timestamp', 8, true, 'b', 'D', false, ',', 0, 1115, 'timestamp_in', 'timestamp_out', 'timestamp_recv', 'timestamp_send', 'timestamptypmodin', 'timestamptypmodout', 'd', 'p', 0),
  (1115, '_timestamp', -1, false, 'b', 'A', false, ',', 1114, 0, 'array_in', 'array_out', 'array_recv', 'array_send', 'timestamptypmodin', 'timestamptypmodout', 'd', 'x', 0),
  (1182, '_date', -1, false, 'b', 'A', false, ',', 1082, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1183, '_time', -1, false, 'b', 'A', false, ',', 1083, 0, 'array_in', 'array_out', 'array_recv', 'array_send', 'timetypmodin', 'timetypmodout', 'd', 'x', 0),
  (1184, 'timestamptz', 8, true, 'b', 'D', true, ',', 0, 1185, 'timestamptz_in', 'timestamptz_out', 'timestamptz_recv', 'timestamptz_send', 'timestamptztypmodin', 'timestamptztypmodout', 'd', 'p', 0),
  (1185, '_timestamptz', -1, false, 'b', 'A', false, ',', 1184, 0, 'array_in', 'array_out', 'array_recv', 'array_send', 'timestamptztypmodin', 'timestamptztypmodout', 'd', 'x', 0),
  (1186, 'interval', 16, false, 'b', 'T', true, ',', 0, 1187, 'interval_in', 'interval_out', 'interval_recv', 'interval_send', 'intervaltypmodin', 'intervaltypmodout', 'd', 'p', 0),
  (1187, '_interval', -1, false, 'b', 'A', false, ',', 1186, 0, 'array_in', 'array_out', 'array_recv', 'array_send', 'intervaltypmodin', 'intervaltypmodout', 'd', 'x', 0),
  (1231, '_numeric', -1, false, 'b', 'A', false, ',', 1700, 0, 'array_in', 'array_out', 'array_recv', 'array_send', 'numerictypmodin', 'numerictypmodout', 'i', 'x', 0),
  (1263, '_cstring', -1, false, 'b', 'A', false, ',', 2275, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (1266, 'timetz', 12, false, 'b', 'D', false, ',', 0, 1270, 'timetz_in', 'timetz_out', 'timetz_recv', 'timetz_send', 'timetztypmodin', 'timetztypmodout', 'd', 'p', 0),
  (1270, '_timetz', -1, false, 'b', 'A', false, ',', 1266, 0, 'array_in', 'array_out', 'array_recv', 'array_send', 'timetztypmodin', 'timetztypmodout', 'd', 'x', 0),
  (1560, 'bit', -1, false, 'b', 'V', false, ',', 0, 1561, 'bit_in', 'bit_out', 'bit_recv', 'bit_send', 'bittypmodin', 'bittypmodout', 'i', 'x', 0),
  (1561, '_bit', -1, false, 'b', 'A', false, ',', 1560, 0, 'array_in', 'array_out', 'array_recv', 'array_send', 'bittypmodin', 'bittypmodout', 'i', 'x', 0),
  (1562, 'varbit', -1, false, 'b', 'V', true, ',', 0, 1563, 'varbit_in', 'varbit_out', 'varbit_recv', 'varbit_send', 'varbittypmodin', 'varbittypmodout', 'i', 'x', 0),
  (1563, '_varbit', -1, false, 'b', 'A', false, ',', 1562, 0, 'array_in', 'array_out', 'array_recv', 'array_send', 'varbittypmodin', 'varbittypmodout', 'i', 'x', 0),
  (1700, 'numeric', -1, false, 'b', 'N', false, ',', 0, 1231, 'numeric_in', 'numeric_out', 'numeric_recv', 'numeric_send', 'numerictypmodin', 'numerictypmodout', 'i', 'm', 0),
  (1790, 'refcursor', -1, false, 'b', 'U', false, ',', 0, 2201, 'textin', 'textout', 'textrecv', 'textsend', '-', '-', 'i', 'x', 0),
  (2201, '_refcursor', -1, false, 'b', 'A', false, ',', 1790, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (2202, 'regprocedure', 4, true, 'b', 'N', false, ',', 0, 2207, 'regprocedurein', 'regprocedureout', 'regprocedurerecv', 'regproceduresend', '-', '-', 'i', 'p', 0),
  (2203, 'regoper', 4, true, 'b', 'N', false, ',', 0, 2208, 'regoperin', 'regoperout', 'regoperrecv', 'regopersend', '-', '-', 'i', 'p', 0),
  (2204, 'regoperator', 4, true, 'b', 'N', false, ',', 0, 2209, 'regoperatorin', 'regoperatorout', 'regoperatorrecv', 'regoperatorsend', '-', '-', 'i', 'p', 0),
  (2205, 'regclass', 4, true, 'b', 'N', false, ',', 0, 2210, 'regclassin', 'regclassout', 'regclassrecv', 'regclasssend', '-', '-', 'i', 'p', 0),
  (2206, 'regtype', 4, true, 'b', 'N', false, ',', 0, 2211, 'regtypein', 'regtypeout', 'regtyperecv', 'regtypesend', '-', '-', 'i', 'p', 0),
  (2207, '_regprocedure', -1, false, 'b', 'A', false, ',', 2202, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (2208, '_regoper', -1, false, 'b', 'A', false, ',', 2203, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (2209, '_regoperator', -1, false, 'b', 'A', false, ',', 2204, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (2210, '_regclass', -1, false, 'b', 'A', false, ',', 2205, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (2211, '_regtype', -1, false, 'b', 'A', false, ',', 2206, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (2249, 'record', -1, false, 'p', 'P', false, ',', 0, 2287, 'record_in', 'record_out', 'record_recv', 'record_send', '-', '-', 'd', 'x', 0),
  (2275, 'cstring', -2, false, 'p', 'P', false, ',', 0, 1263, 'cstring_in', 'cstring_out', 'cstring_recv', 'cstring_send', '-', '-', 'c', 'p', 0),
  (2276, 'any', 4, true, 'p', 'P', false, ',', 0, 0, 'any_in', 'any_out', '-', '-', '-', '-', 'i', 'p', 0),
  (2277, 'anyarray', -1, false, 'p', 'P', false, ',', 0, 0, 'anyarray_in', 'anyarray_out', 'anyarray_recv', 'anyarray_send', '-', '-', 'd', 'x', 0),
  (2278, 'void', 4, true, 'p', 'P', false, ',', 0, 0, 'void_in', 'void_out', 'void_recv', 'void_send', '-', '-', 'i', 'p', 0),
  (2279, 'trigger', 4, true, 'p', 'P', false, ',', 0, 0, 'trigger_in', 'trigger_out', '-', '-', '-', '-', 'i', 'p', 0),
  (2280, 'language_handler', 4, true, 'p', 'P', false, ',', 0, 0, 'language_handler_in', 'language_handler_out', '-', '-', '-', '-', 'i', 'p', 0),
  (2281, 'internal', 8, true, 'p', 'P', false, ',', 0, 0, 'internal_in', 'internal_out', '-', '-', '-', '-', 'd', 'p', 0),
  (2283, 'anyelement', 4, true, 'p', 'P', false, ',', 0, 0, 'anyelement_in', 'anyelement_out', '-', '-', '-', '-', 'i', 'p', 0),
  (2287, '_record', -1, false, 'p', 'P', false, ',', 2249, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (2776, 'anynonarray', 4, true, 'p', 'P', false, ',', 0, 0, 'anynonarray_in', 'anynonarray_out', '-', '-', '-', '-', 'i', 'p', 0),
  (2949, '_txid_snapshot', -1, false, 'b', 'A', false, ',', 2970, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (2950, 'uuid', 16, false, 'b', 'U', false, ',', 0, 2951, 'uuid_in', 'uuid_out', 'uuid_recv', 'uuid_send', '-', '-', 'c', 'p', 0),
  (2951, '_uuid', -1, false, 'b', 'A', false, ',', 2950, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (2970, 'txid_snapshot', -1, false, 'b', 'U', false, ',', 0, 2949, 'txid_snapshot_in', 'txid_snapshot_out', 'txid_snapshot_recv', 'txid_snapshot_send', '-', '-', 'd', 'x', 0),
  (3115, 'fdw_handler', 4, true, 'p', 'P', false, ',', 0, 0, 'fdw_handler_in', 'fdw_handler_out', '-', '-', '-', '-', 'i', 'p', 0),
  (3220, 'pg_lsn', 8, true, 'b', 'U', false, ',', 0, 3221, 'pg_lsn_in', 'pg_lsn_out', 'pg_lsn_recv', 'pg_lsn_send', '-', '-', 'd', 'p', 0),
  (3310, 'tsm_handler', 4, true, 'p', 'P', false, ',', 0, 0, 'tsm_handler_in', 'tsm_handler_out', '-', '-', '-', '-', 'i', 'p', 0),
  (3361, 'pg_ndistinct', -1, false, 'b', 'Z', false, ',', 0, 0, 'pg_ndistinct_in', 'pg_ndistinct_out', 'pg_ndistinct_recv', 'pg_ndistinct_send', '-', '-', 'i', 'x', 100),
  (3402, 'pg_dependencies', -1, false, 'b', 'Z', false, ',', 0, 0, 'pg_dependencies_in', 'pg_dependencies_out', 'pg_dependencies_recv', 'pg_dependencies_send', '-', '-', 'i', 'x', 100),
  (3500, 'anyenum', 4, true, 'p', 'P', false, ',', 0, 0, 'anyenum_in', 'anyenum_out', '-', '-', '-', '-', 'i', 'p', 0),
  (3614, 'tsvector', -1, false, 'b', 'U', false, ',', 0, 3643, 'tsvectorin', 'tsvectorout', 'tsvectorrecv', 'tsvectorsend', '-', '-', 'i', 'x', 0),
  (3615, 'tsquery', -1, false, 'b', 'U', false, ',', 0, 3645, 'tsqueryin', 'tsqueryout', 'tsqueryrecv', 'tsquerysend', '-', '-', 'i', 'p', 0),
  (3642, 'gtsvector', -1, false, 'b', 'U', false, ',', 0, 3644, 'gtsvectorin', 'gtsvectorout', '-', '-', '-', '-', 'i', 'p', 0),
  (3643, '_tsvector', -1, false, 'b', 'A', false, ',', 3614, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (3644, '_gtsvector', -1, false, 'b', 'A', false, ',', 3642, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (3645, '_tsquery', -1, false, 'b', 'A', false, ',', 3615, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (3734, 'regconfig', 4, true, 'b', 'N', false, ',', 0, 3735, 'regconfigin', 'regconfigout', 'regconfigrecv', 'regconfigsend', '-', '-', 'i', 'p', 0),
  (3735, '_regconfig', -1, false, 'b', 'A', false, ',', 3734, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (3769, 'regdictionary', 4, true, 'b', 'N', false, ',', 0, 3770, 'regdictionaryin', 'regdictionaryout', 'regdictionaryrecv', 'regdictionarysend', '-', '-', 'i', 'p', 0),
  (3770, '_regdictionary', -1, false, 'b', 'A', false, ',', 3769, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (3802, 'jsonb', -1, false, 'b', 'U', false, ',', 0, 3807, 'jsonb_in', 'jsonb_out', 'jsonb_recv', 'jsonb_send', '-', '-', 'i', 'x', 0),
  (3807, '_jsonb', -1, false, 'b', 'A', false, ',', 3802, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (3831, 'anyrange', -1, false, 'p', 'P', false, ',', 0, 0, 'anyrange_in', 'anyrange_out', '-', '-', '-', '-', 'd', 'x', 0),
  (3838, 'event_trigger', 4, true, 'p', 'P', false, ',', 0, 0, 'event_trigger_in', 'event_trigger_out', '-', '-', '-', '-', 'i', 'p', 0),
  (3904, 'int4range', -1, false, 'r', 'R', false, ',', 0, 3905, 'range_in', 'range_out', 'range_recv', 'range_send', '-', '-', 'i', 'x', 0),
  (3905, '_int4range', -1, false, 'b', 'A', false, ',', 3904, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (3906, 'numrange', -1, false, 'r', 'R', false, ',', 0, 3907, 'range_in', 'range_out', 'range_recv', 'range_send', '-', '-', 'i', 'x', 0),
  (3907, '_numrange', -1, false, 'b', 'A', false, ',', 3906, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (3908, 'tsrange', -1, false, 'r', 'R', false, ',', 0, 3909, 'range_in', 'range_out', 'range_recv', 'range_send', '-', '-', 'd', 'x', 0),
  (3909, '_tsrange', -1, false, 'b', 'A', false, ',', 3908, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (3910, 'tstzrange', -1, false, 'r', 'R', false, ',', 0, 3911, 'range_in', 'range_out', 'range_recv', 'range_send', '-', '-', 'd', 'x', 0),
  (3911, '_tstzrange', -1, false, 'b', 'A', false, ',', 3910, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (3912, 'daterange', -1, false, 'r', 'R', false, ',', 0, 3913, 'range_in', 'range_out', 'range_recv', 'range_send', '-', '-', 'i', 'x', 0),
  (3913, '_daterange', -1, false, 'b', 'A', false, ',', 3912, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (3926, 'int8range', -1, false, 'r', 'R', false, ',', 0, 3927, 'range_in', 'range_out', 'range_recv', 'range_send', '-', '-', 'd', 'x', 0),
  (3927, '_int8range', -1, false, 'b', 'A', false, ',', 3926, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (4072, 'jsonpath', -1, false, 'b', 'U', false, ',', 0, 4073, 'jsonpath_in', 'jsonpath_out', 'jsonpath_recv', 'jsonpath_send', '-', '-', 'i', 'x', 0),
  (4073, '_jsonpath', -1, false, 'b', 'A', false, ',', 4072, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (4089, 'regnamespace', 4, true, 'b', 'N', false, ',', 0, 4090, 'regnamespacein', 'regnamespaceout', 'regnamespacerecv', 'regnamespacesend', '-', '-', 'i', 'p', 0),
  (4090, '_regnamespace', -1, false, 'b', 'A', false, ',', 4089, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (4096, 'regrole', 4, true, 'b', 'N', false, ',', 0, 4097, 'regrolein', 'regroleout', 'regrolerecv', 'regrolesend', '-', '-', 'i', 'p', 0),
  (4097, '_regrole', -1, false, 'b', 'A', false, ',', 4096, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (4191, 'regcollation', 4, true, 'b', 'N', false, ',', 0, 4192, 'regcollationin', 'regcollationout', 'regcollationrecv', 'regcollationsend', '-', '-', 'i', 'p', 0),
  (4192, '_regcollation', -1, false, 'b', 'A', false, ',', 4191, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (4451, 'int4multirange', -1, false, 'm', 'R', false, ',', 0, 6150, 'multirange_in', 'multirange_out', 'multirange_recv', 'multirange_send', '-', '-', 'i', 'x', 0),
  (4532, 'nummultirange', -1, false, 'm', 'R', false, ',', 0, 6151, 'multirange_in', 'multirange_out', 'multirange_recv', 'multirange_send', '-', '-', 'i', 'x', 0),
  (4533, 'tsmultirange', -1, false, 'm', 'R', false, ',', 0, 6152, 'multirange_in', 'multirange_out', 'multirange_recv', 'multirange_send', '-', '-', 'd', 'x', 0),
  (4534, 'tstzmultirange', -1, false, 'm', 'R', false, ',', 0, 6153, 'multirange_in', 'multirange_out', 'multirange_recv', 'multirange_send', '-', '-', 'd', 'x', 0),
  (4535, 'datemultirange', -1, false, 'm', 'R', false, ',', 0, 6155, 'multirange_in', 'multirange_out', 'multirange_recv', 'multirange_send', '-', '-', 'i', 'x', 0),
  (4536, 'int8multirange', -1, false, 'm', 'R', false, ',', 0, 6157, 'multirange_in', 'multirange_out', 'multirange_recv', 'multirange_send', '-', '-', 'd', 'x', 0),
  (4537, 'anymultirange', -1, false, 'p', 'P', false, ',', 0, 0, 'anymultirange_in', 'anymultirange_out', '-', '-', '-', '-', 'd', 'x', 0),
  (4538, 'anycompatiblemultirange', -1, false, 'p', 'P', false, ',', 0, 0, 'anycompatiblemultirange_in', 'anycompatiblemultirange_out', '-', '-', '-', '-', 'd', 'x', 0),
  (4600, 'pg_brin_bloom_summary', -1, false, 'b', 'Z', false, ',', 0, 0, 'brin_bloom_summary_in', 'brin_bloom_summary_out', 'brin_bloom_summary_recv', 'brin_bloom_summary_send', '-', '-', 'i', 'x', 100),
  (4601, 'pg_brin_minmax_multi_summary', -1, false, 'b', 'Z', false, ',', 0, 0, 'brin_minmax_multi_summary_in', 'brin_minmax_multi_summary_out', 'brin_minmax_multi_summary_recv', 'brin_minmax_multi_summary_send', '-', '-', 'i', 'x', 100),
  (5017, 'pg_mcv_list', -1, false, 'b', 'Z', false, ',', 0, 0, 'pg_mcv_list_in', 'pg_mcv_list_out', 'pg_mcv_list_recv', 'pg_mcv_list_send', '-', '-', 'i', 'x', 100),
  (5038, 'pg_snapshot', -1, false, 'b', 'U', false, ',', 0, 5039, 'pg_snapshot_in', 'pg_snapshot_out', 'pg_snapshot_recv', 'pg_snapshot_send', '-', '-', 'd', 'x', 0),
  (5069, 'xid8', 8, true, 'b', 'U', false, ',', 0, 271, 'xid8in', 'xid8out', 'xid8recv', 'xid8send', '-', '-', 'd', 'p', 0),
  (5077, 'anycompatible', 4, true, 'p', 'P', false, ',', 0, 0, 'anycompatible_in', 'anycompatible_out', '-', '-', '-', '-', 'i', 'p', 0),
  (5078, 'anycompatiblearray', -1, false, 'p', 'P', false, ',', 0, 0, 'anycompatiblearray_in', 'anycompatiblearray_out', 'anycompatiblearray_recv', 'anycompatiblearray_send', '-', '-', 'd', 'x', 0),
  (5079, 'anycompatiblenonarray', 4, true, 'p', 'P', false, ',', 0, 0, 'anycompatiblenonarray_in', 'anycompatiblenonarray_out', '-', '-', '-', '-', 'i', 'p', 0),
  (5080, 'anycompatiblerange', -1, false, 'p', 'P', false, ',', 0, 0, 'anycompatiblerange_in', 'anycompatiblerange_out', '-', '-', '-', '-', 'd', 'x', 0),
  (6150, '_int4multirange', -1, false, 'b', 'A', false, ',', 4451, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (6151, '_nummultirange', -1, false, 'b', 'A', false, ',', 4532, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (6152, '_tsmultirange', -1, false, 'b', 'A', false, ',', 4533, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (6153, '_tstzmultirange', -1, false, 'b', 'A', false, ',', 4534, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0),
  (6155, '_datemultirange', -1, false, 'b', 'A', false, ',', 4535, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', 'x', 0),
  (6157, '_int8multirange', -1, false, 'b', 'A', false, ',', 4536, 0, 'array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'd', 'x', 0)
) AS v(oid, typname, typlen, typbyval, typtype, typcategory, typispreferred, typdelim, typelem, typarray, typinput, typoutput, typreceive, typsend, typmodin, typmodout, typalign, typstorage, typcollation);

CREATE TABLE __tavana.main.type_spellings AS SELECT * FROM (VALUES
  (16, 'boolean'), (18, '"char"'), (20, 'bigint'), (21, 'smallint'), (23, 'integer'), (700, 'real'),
  (701, 'double precision'), (1042, 'character'), (1043, 'character varying'), (1083, 'time without time zone'),
  (1114, 'timestamp without time zone'), (1184, 'timestamp with time zone'), (1266, 'time with time zone'),
  (1562, 'bit varying'), (2276, '"any"')
) AS v(oid, spelling);
