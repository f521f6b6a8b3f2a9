#include "gateway/live_tables.h"

#include "base/check.h"
#include "gateway/session_services.h"

namespace tavana::gateway {
namespace {

/// A table, built row by row. The few rows of these tables allow for the simple way.
class TableBuilder {
 public:
  explicit TableBuilder(std::vector<std::shared_ptr<arrow::Field>> fields) : schema_(arrow::schema(std::move(fields))) {
    for (const auto& field : schema_->fields()) {
      std::unique_ptr<arrow::ArrayBuilder> builder;
      TAVANA_CHECK(arrow::MakeBuilder(arrow::default_memory_pool(), field->type(), &builder).ok());
      builders_.push_back(std::move(builder));
    }
  }

  TableBuilder& Text(std::string_view value) { return Put<arrow::StringBuilder>(value); }
  TableBuilder& TextOrNull(const std::string& value) { return value.empty() ? Null() : Text(value); }
  TableBuilder& Int(std::int32_t value) { return Put<arrow::Int32Builder>(value); }
  TableBuilder& Long(std::int64_t value) { return Put<arrow::Int64Builder>(value); }
  TableBuilder& Oid(std::uint32_t value) { return Put<arrow::UInt32Builder>(value); }
  TableBuilder& Double(double value) { return Put<arrow::DoubleBuilder>(value); }
  TableBuilder& Bool(bool value) { return Put<arrow::BooleanBuilder>(value); }
  TableBuilder& Null() {
    TAVANA_CHECK(builders_[column_]->AppendNull().ok());
    return Advance();
  }
  TableBuilder& Time(const std::optional<SessionActivity::Time>& value) {
    if (!value) return Null();
    return Put<arrow::TimestampBuilder>(
        std::chrono::duration_cast<std::chrono::microseconds>(value->time_since_epoch()).count());
  }

  std::shared_ptr<arrow::Table> Finish() {
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (const auto& builder : builders_) {
      auto column = builder->Finish();
      TAVANA_CHECK(column.ok());
      columns.push_back(*std::move(column));
    }
    return arrow::Table::Make(schema_, columns);
  }

 private:
  template <typename Builder, typename Value>
  TableBuilder& Put(Value value) {
    TAVANA_CHECK(static_cast<Builder&>(*builders_[column_]).Append(value).ok());
    return Advance();
  }
  TableBuilder& Advance() {
    column_ = (column_ + 1) % builders_.size();
    return *this;
  }

  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders_;
  std::size_t column_ = 0;
};

std::shared_ptr<arrow::Field> Text(const char* name) { return arrow::field(name, arrow::utf8()); }
std::shared_ptr<arrow::Field> Int(const char* name) { return arrow::field(name, arrow::int32()); }
std::shared_ptr<arrow::Field> Long(const char* name) { return arrow::field(name, arrow::int64()); }
std::shared_ptr<arrow::Field> Oid(const char* name) { return arrow::field(name, arrow::uint32()); }
std::shared_ptr<arrow::Field> Time(const char* name) {
  return arrow::field(name, arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"));
}

std::shared_ptr<arrow::Table> Settings(const SettingList& settings) {
  TableBuilder table({Text("name"), Text("setting"), Text("unit"), Text("category"), Text("short_desc"),
                      Text("extra_desc"), Text("context"), Text("vartype"), Text("source"), Text("min_val"),
                      Text("max_val"), arrow::field("enumvals", arrow::list(arrow::utf8())), Text("boot_val"),
                      Text("reset_val"), Text("sourcefile"), Int("sourceline"),
                      arrow::field("pending_restart", arrow::boolean())});
  for (const auto& [name, value] : settings) {
    table.Text(name).Text(value).Null().Text("Client Connection Defaults").Text("").Null().Text("user").Text("string");
    table.Text("session").Null().Null().Null().Text(value).Text(value).Null().Null().Bool(false);
  }
  return table.Finish();
}

std::shared_ptr<arrow::Table> Activity(const std::string& user, const std::vector<SessionActivity>& sessions) {
  TableBuilder table({Oid("datid"),
                      Text("datname"),
                      Int("pid"),
                      Int("leader_pid"),
                      Oid("usesysid"),
                      Text("usename"),
                      Text("application_name"),
                      Text("client_addr"),
                      Text("client_hostname"),
                      Int("client_port"),
                      Time("backend_start"),
                      Time("xact_start"),
                      Time("query_start"),
                      Time("state_change"),
                      Text("wait_event_type"),
                      Text("wait_event"),
                      Text("state"),
                      Long("backend_xid"),
                      Long("backend_xmin"),
                      Long("query_id"),
                      Text("query"),
                      Text("backend_type")});
  for (const auto& session : sessions) {
    table.Null().Text(session.database).Int(static_cast<std::int32_t>(session.process_id)).Null().Oid(10);
    table.Text(session.user).Text(session.application_name).TextOrNull(session.client_address).Null();
    table.Int(session.client_port).Time(session.connected).Time(session.transaction_began);
    table.Time(session.statement_began).Time(session.state_changed);
    if (session.waits_for_slot) {
      table.Text("IPC").Text("StatementSlot");
    } else if (session.state != "active") {
      table.Text("Client").Text("ClientRead");
    } else {
      table.Null().Null();
    }
    table.Text(session.state).Null().Null().Null();
    table.Text(session.user == user ? session.statement : "<insufficient privilege>").Text("client backend");
  }
  return table.Finish();
}

std::shared_ptr<arrow::Table> Progress(const std::string& user, const std::vector<SessionActivity>& sessions) {
  TableBuilder table({Int("pid"), Text("datname"), Text("usename"), Text("query"),
                      arrow::field("percent_done", arrow::float64()), Long("rows_processed"), Long("rows_total"),
                      Long("running_ms")});
  const auto now = std::chrono::system_clock::now();
  for (const auto& session : sessions) {
    if (session.state != "active" || !session.statement_began) continue;
    table.Int(static_cast<std::int32_t>(session.process_id)).Text(session.database).Text(session.user);
    table.Text(session.user == user ? session.statement : "<insufficient privilege>");
    if (session.fraction_done < 0) {
      table.Null().Null().Null();
    } else {
      table.Double(session.fraction_done * 100).Long(static_cast<std::int64_t>(session.rows_processed));
      table.Long(static_cast<std::int64_t>(session.rows_total));
    }
    table.Long(std::chrono::duration_cast<std::chrono::milliseconds>(now - *session.statement_began).count());
  }
  return table.Finish();
}

}  // namespace

std::map<std::string, std::shared_ptr<arrow::Table>> LiveTables(const std::vector<std::string>& names,
                                                                const SettingList& settings, const std::string& user,
                                                                const SessionServices& services) {
  std::map<std::string, std::shared_ptr<arrow::Table>> tables;
  std::vector<SessionActivity> sessions;
  for (const std::string& name : names) {
    if (name != "__tavana_pg_settings" && sessions.empty()) {
      for (const auto& session : services.registry.All()) sessions.push_back(session->Activity());
    }
    if (name == "__tavana_pg_settings") tables[name] = Settings(settings);
    if (name == "__tavana_pg_stat_activity") tables[name] = Activity(user, sessions);
    if (name == "__tavana_pg_stat_progress_query") tables[name] = Progress(user, sessions);
  }
  return tables;
}

}  // namespace tavana::gateway
