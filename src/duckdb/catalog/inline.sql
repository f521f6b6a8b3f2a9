-- What reads the tables that the gateway supplies to a statement (see PostgresCatalog::kInline).
CREATE MACRO __tavana.fn.current_setting(wanted) AS __tavana_setting(wanted, false),
  (wanted, missing_ok) AS __tavana_setting(wanted, missing_ok);
