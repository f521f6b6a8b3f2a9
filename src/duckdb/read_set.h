#pragma once

#include "engine/engine.h"

namespace duckdb {
class ClientContext;
struct DBConfig;
}  // namespace duckdb

namespace tavana::duckdb_engine {

/// Makes every planning under `config` tell the ReadSetRecorder of its context what it reads.
void RegisterReadSets(::duckdb::DBConfig& config);

/// While it lives, the statements planned on `context` add to `read_set`. It is taken from the plan as it was bound:
/// later, constant folding has hidden volatile functions and file lists. `complete` is set when the plan was seen and
/// holds nothing whose sources are unknown (a table function that is neither over files nor known to be pure).
class ReadSetRecorder {
 public:
  ReadSetRecorder(::duckdb::ClientContext& context, engine::ReadSet& read_set);
  ~ReadSetRecorder();

  /// Whether the plan used what may change unseen: what a foreign catalog or a table function says of its rows, the
  /// clock.
  bool trusts_strangers() const;
  /// Whether the plan says which rows come first; true when none was seen.
  bool gives_order() const;

  ReadSetRecorder(const ReadSetRecorder&) = delete;
  ReadSetRecorder& operator=(const ReadSetRecorder&) = delete;

 private:
  ::duckdb::ClientContext& context_;
};

}  // namespace tavana::duckdb_engine
