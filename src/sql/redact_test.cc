#include "sql/redact.h"

#include <gtest/gtest.h>

namespace tavana::sql {
namespace {

TEST(Redact, ShowsAnOrdinaryStatement) { EXPECT_EQ(ShownStatement("SELECT 1"), "SELECT 1"); }

TEST(Redact, ShowsNothingOfAStatementThatMayHoldASecret) {
  for (const char* statement : {
           "CREATE SECRET s (TYPE s3, KEY_ID 'AKIA', SECRET 'zzz')",
           "set s3_secret_access_key = 'zzz'",
           "SET S3_SESSION_TOKEN='zzz'",
           "ATTACH 'host=x password=zzz' AS p (TYPE postgres)",
           "SET azure_storage_connection_string = 'AccountKey=zzz'",
       }) {
    EXPECT_EQ(ShownStatement(statement).find("zzz"), std::string::npos) << statement;
  }
}

TEST(Redact, CutsALongStatementBetweenCharacters) {
  const std::string text = std::string(kShownBytes - 1, 'x') + "\xC3\xBC and more";
  EXPECT_EQ(ShownStatement(text), std::string(kShownBytes - 1, 'x'));
}

}  // namespace
}  // namespace tavana::sql
