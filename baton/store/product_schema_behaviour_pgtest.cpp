// What the functions, triggers and state checks of db/product do, and that its SQL loads under the conditions
// it meets (reference/schema.md sections 3, 4 and 8).

#include "baton/store/product_schema_testing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bitset>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace baton::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr const char* kUniqueViolation = "23505";
constexpr const char* kCheckViolation = "23514";
constexpr const char* kOutOfRange = "22003";
constexpr const char* kSubstringError = "22011";
constexpr const char* kRaised = "P0001";

/// One database for the suite; every test runs in a transaction that is rolled back.
class ProductSchemaBehaviour : public testing::Test {
  protected:
    static void TearDownTestSuite() { database_.reset(); }

    void SetUp() override {
        if (!database_) {
            auto fresh = std::make_unique<ProductDatabase>();
            fresh->create_product_schema();
            database_ = std::move(fresh);
        }
        database().run("begin");
    }
    void TearDown() override {
        if (database_) database().run("rollback");
    }

    ProductDatabase& database() { return *database_; }

    void add_key_of_chain_1() {
        database().run(R"(
            insert into evm_chains (id, created_at, updated_at) values (1, now(), now());
            insert into evm_key_states (address, created_at, updated_at, evm_chain_id)
                values (decode(repeat('ab', 20), 'hex'), now(), now(), 1))");
    }

  private:
    static inline std::unique_ptr<ProductDatabase> database_;
};

/// Decimal digits of a binary number.
std::string decimal(const std::string& bits) {
    std::string digits = "0";  // least significant first
    for (const char bit : bits) {
        int carry = bit - '0';
        for (char& digit : digits) {
            const int doubled = (digit - '0') * 2 + carry;
            digit = static_cast<char>('0' + doubled % 10);
            carry = doubled / 10;
        }
        if (carry) digits += static_cast<char>('0' + carry);
    }
    std::reverse(digits.begin(), digits.end());
    return digits;
}

std::string power_of_two(int exponent) {
    std::string bits(256, '0');
    bits[static_cast<std::size_t>(255 - exponent)] = '1';
    return bits;
}

TEST_F(ProductSchemaBehaviour, Uint256ToBitIsTheBinaryExpansion) {
    std::vector<std::string> numbers = {std::string(256, '0'), std::string(256, '1'), power_of_two(0),
                                        power_of_two(31),      power_of_two(32),      power_of_two(63),
                                        power_of_two(64),      power_of_two(255)};
    std::mt19937_64 random(20230417);
    for (int i = 0; i < 200; ++i) {
        std::string bits;
        for (int word = 0; word < 4; ++word)
            bits += std::bitset<64>(random()).to_string();
        numbers.push_back(std::string(random() % 256, '0').append(bits).substr(0, 256));
    }
    for (const std::string& bits : numbers)
        ASSERT_EQ(bits, database().value("select uint256_to_bit(" + decimal(bits) + ")")) << decimal(bits);
    EXPECT_EQ(std::string(253, '0') + "101", database().value("select uint256_to_bit(5.9)"));
}

TEST_F(ProductSchemaBehaviour, Uint256ToBitRefusesWhatDoesNotFit) {
    const std::string two_to_256 = decimal("1" + std::string(256, '0'));
    for (const std::string& number :
         {std::string("-1"), std::string("-0.5"), two_to_256, std::string("'NaN'")})
        EXPECT_EQ(kOutOfRange, database().refusal("select uint256_to_bit(" + number + ")")) << number;
}

TEST_F(ProductSchemaBehaviour, LeastSignificantTakesTheRightEnd) {
    EXPECT_EQ("", database().value("select least_significant(b'10110', 0)"));
    EXPECT_EQ("110", database().value("select least_significant(b'10110', 3)"));
    EXPECT_EQ("10110", database().value("select least_significant(b'10110', 5)"));
    EXPECT_EQ(kSubstringError, database().refusal("select least_significant(b'10110', 6)"));
    EXPECT_EQ(kSubstringError, database().refusal("select least_significant(b'10110', -1)"));
}

TEST_F(ProductSchemaBehaviour, TerraMessagesOnlyMoveForward) {
    const std::vector<std::string> states = {"unstarted", "started", "broadcasted",
                                             "confirmed", "errored", "lost"};
    const std::vector<std::pair<std::string, std::string>> allowed = {
        {"unstarted", "started"}, {"unstarted", "errored"},     {"started", "broadcasted"},
        {"started", "errored"},   {"broadcasted", "confirmed"}, {"broadcasted", "errored"}};
    database().run("insert into terra_chains (id, created_at, updated_at) values ('t', now(), now())");
    for (const std::string& from : states) {
        database().run("delete from terra_msgs");
        database().run(
            "insert into terra_msgs (terra_chain_id, contract_id, raw, state, created_at, updated_at) "
            "values ('t', 'c', '', '" +
            from + "', now(), now())");
        for (const std::string& to : states) {
            const bool may = std::count(allowed.begin(), allowed.end(), std::pair(from, to)) != 0;
            EXPECT_EQ(may ? "" : kRaised, database().refusal("update terra_msgs set state = '" + to + "'"))
                << from << " to " << to;
        }
    }
}

/// A value for a column that the state rules only test for NULL.
std::string set_if(bool set, const char* value) {
    return set ? value : "null";
}

TEST_F(ProductSchemaBehaviour, TransactionStatesTieNonceErrorAndTimes) {
    add_key_of_chain_1();
    for (const std::string state :
         {"unstarted", "in_progress", "fatal_error", "unconfirmed", "confirmed", "confirmed_missing_receipt"})
        for (int bits = 0; bits < 16; ++bits) {
            const bool nonce = bits & 1, error = bits & 2, broadcast = bits & 4, first_broadcast = bits & 8;
            bool fits = nonce && !error && broadcast && first_broadcast;
            if (state == "unstarted") fits = !nonce && !error && !broadcast && !first_broadcast;
            if (state == "in_progress") fits = nonce && !error && !broadcast && !first_broadcast;
            if (state == "fatal_error") fits = !nonce && error;
            const std::string values = "'" + state + "', " + set_if(nonce, "7") + ", " +
                                       set_if(error, "'no'") + ", " + set_if(broadcast, "now()") + ", " +
                                       set_if(first_broadcast, "now()");
            const std::string insert =
                "insert into eth_txes (from_address, to_address, encoded_payload, value, gas_limit, "
                "created_at,"
                " evm_chain_id, state, nonce, error, broadcast_at, initial_broadcast_at)"
                " select address, address, '', 0, 21000, now(), 1, " +
                values + " from evm_key_states";
            EXPECT_EQ(fits ? "" : kCheckViolation, database().refusal(insert)) << values;
        }
}

TEST_F(ProductSchemaBehaviour, RunStatesTieEndOutputsAndErrors) {
    database().run("insert into pipeline_specs (dot_dag_source, created_at) values ('', now())");
    for (const std::string state : {"running", "suspended", "errored", "completed"})
        for (int bits = 0; bits < 16; ++bits) {
            const bool finished = bits & 1, outputs = bits & 2, fatal = bits & 4, all = bits & 8;
            bool fits = !finished && !outputs && !fatal;
            if (state == "completed") fits = finished && outputs;
            if (state == "errored") fits = finished && fatal && all;
            const std::string values = "'" + state + "', " + set_if(finished, "now()") + ", " +
                                       set_if(outputs, "'[1]'") + ", " + set_if(fatal, "'[null]'") + ", " +
                                       set_if(all, "'[]'");
            const std::string insert =
                "insert into pipeline_runs (pipeline_spec_id, created_at, state, finished_at, outputs, "
                "fatal_errors,"
                " all_errors) select id, now(), " +
                values + " from pipeline_specs";
            EXPECT_EQ(fits ? "" : kCheckViolation, database().refusal(insert)) << values;
        }
}

TEST_F(ProductSchemaBehaviour, OneVersionOneLeaseOneTransactionUnderWay) {
    database().run("insert into node_versions values ('1.11.0', now())");
    EXPECT_EQ(kUniqueViolation, database().refusal("insert into node_versions values ('1.12.0', now())"));

    database().run("insert into lease_lock values (gen_random_uuid(), now())");
    EXPECT_EQ(kUniqueViolation,
              database().refusal("insert into lease_lock values (gen_random_uuid(), now())"));

    add_key_of_chain_1();
    const std::string insert =
        "insert into eth_txes (from_address, to_address, encoded_payload, value, gas_limit, created_at, "
        "evm_chain_id,"
        " state, nonce) select address, address, '', 0, 21000, now(), 1, 'in_progress', ";
    database().run(insert + "7 from evm_key_states");
    EXPECT_EQ(kUniqueViolation, database().refusal(insert + "8 from evm_key_states"));
}

/// Notifications go out at COMMIT, so that each of these tests has a database of its own.
class ProductSchemaNotifications : public testing::Test {
  protected:
    void SetUp() override {
        database_.create_product_schema();
        database_.run(R"(
            listen insert_on_eth_txes; listen insert_on_terra_msg; listen insert_on_jobs;
            listen delete_from_jobs; listen pipeline_run_started)");
    }
    ProductDatabase database_;
};

TEST_F(ProductSchemaNotifications, NewTransactionsNameTheirSenderOnce) {
    database_.run(R"(
        insert into evm_chains (id, created_at, updated_at) values (1, now(), now());
        insert into evm_key_states (address, created_at, updated_at, evm_chain_id)
            values (decode(repeat('AB', 20), 'hex'), now(), now(), 1))");
    database_.run(R"(
        insert into eth_txes
            (from_address, to_address, encoded_payload, value, gas_limit, created_at, evm_chain_id)
        select address, address, '', 0, 21000, now(), 1 from evm_key_states, generate_series(1, 2))");
    EXPECT_THAT(database_.notifications(),
                ElementsAre(Pair("insert_on_eth_txes", "abababababababababababababababababababab")));
}

TEST_F(ProductSchemaNotifications, TerraMessagesWakeOncePerStatement) {
    database_.run("insert into terra_chains (id, created_at, updated_at) values ('t', now(), now())");
    database_.run(R"(
        insert into terra_msgs (terra_chain_id, contract_id, raw, state, created_at, updated_at)
        select 't', 'c', '', 'unstarted', now(), now() from generate_series(1, 2))");
    EXPECT_THAT(database_.notifications(), ElementsAre(Pair("insert_on_terra_msg", testing::Not(IsEmpty()))));
}

TEST_F(ProductSchemaNotifications, JobsAreAnnouncedWhenTheyComeAndGo) {
    database_.run(R"(
        insert into pipeline_specs (dot_dag_source, created_at) values ('', now());
        insert into cron_specs (cron_schedule, created_at, updated_at) values ('@every 1h', now(), now());
        insert into jobs
            (id, pipeline_spec_id, cron_spec_id, schema_version, type, external_job_id, created_at)
            values (41, 1, 1, 1, 'cron', gen_random_uuid(), now()))");
    EXPECT_THAT(database_.notifications(), ElementsAre(Pair("insert_on_jobs", "41")));
    database_.run("delete from jobs");
    EXPECT_THAT(database_.notifications(), ElementsAre(Pair("delete_from_jobs", "41")));
}

TEST_F(ProductSchemaNotifications, OnlyUnfinishedRunsAreAnnounced) {
    database_.run("insert into pipeline_specs (dot_dag_source, created_at) values ('', now())");
    database_.run(R"(
        insert into pipeline_runs (id, pipeline_spec_id, created_at, state, finished_at, outputs)
        values (7, 1, now(), 'completed', now(), '[1]'))");
    EXPECT_THAT(database_.notifications(), IsEmpty());
    database_.run(
        "insert into pipeline_runs (id, pipeline_spec_id, created_at, state) values (8, 1, now(), "
        "'running')");
    EXPECT_THAT(database_.notifications(), ElementsAre(Pair("pipeline_run_started", "8")));
}

TEST(ProductSchemaLoading, KeepsTheLeaseThatWasTakenBefore) {
    ProductDatabase database;
    database.run(R"(
        create table lease_lock (client_id uuid not null, expires_at timestamptz not null);
        create unique index only_one_lease_lock on lease_lock ((client_id is not null));
        insert into lease_lock values ('00000000-0000-4000-8000-000000000001', now()))");
    database.create_product_schema();
    EXPECT_EQ("00000000-0000-4000-8000-000000000001", database.value("select client_id from lease_lock"));
    EXPECT_EQ("1", database.value("select count(*) from pg_indexes where tablename = 'lease_lock'"));
}

TEST(ProductSchemaLoading, GoesWhereTheSearchPathPoints) {
    ProductDatabase database;
    database.run("create schema elsewhere; set search_path to elsewhere, public");
    database.create_product_schema();
    const std::string where = " where relkind in ('r', 'i', 'S') and relnamespace = ";
    EXPECT_EQ("0", database.value("select count(*) from pg_class" + where + "'public'::regnamespace"));
    EXPECT_EQ("302", database.value("select count(*) from pg_class" + where + "'elsewhere'::regnamespace"))
        << "70 tables, 192 indexes and 40 sequences";
    EXPECT_EQ("0",
              database.value("select count(*) from pg_proc where pronamespace = 'public'::regnamespace"));
    EXPECT_EQ("0", database.value("select count(*) from pg_type where typtype = 'e' and"
                                  " typnamespace = 'public'::regnamespace"));
}

}  // namespace
}  // namespace baton::store
