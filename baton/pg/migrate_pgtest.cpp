#include "baton/pg/migrate.hpp"

#include "testing/database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace baton::pg {
namespace {

using testing::HasSubstr;

class MigrateTest : public test::DatabaseTest {
  protected:
    ProductSchemaState look() {
        const auto session = open();
        return run(look_at_product_schema(*session, soon()));
    }
    void create() {
        const auto session = open();
        run(create_product_schema(*session, soon()));
    }
    void migrate(const std::string& own = "baton", const std::string& product = "public") {
        const auto session = open();
        run(migrate_own_schema(*session, names(own, product), soon()));
    }
    static OwnSchema names(const std::string& own, const std::string& product) {
        OwnSchema schema;
        schema.own_schema = own;
        schema.product_schema = product;
        schema.fence_class = 1112690768;
        schema.fence_key = -42;
        return schema;
    }
};

TEST_F(MigrateTest, AnEmptyDatabaseGetsTheProductsTables) {
    EXPECT_EQ(look().kind, ProductSchema::absent);
    create();
    EXPECT_EQ(look().kind, ProductSchema::complete);
    EXPECT_EQ(database().value("select count(*) || ' ' || min(version_id) || ' ' || max(version_id) from "
                               "goose_migrations where is_applied"),
              "154 0 153");
}

TEST_F(MigrateTest, ALeaseThatWasTakenBeforeStays) {
    database().run(
        "create table lease_lock (client_id uuid not null, expires_at timestamptz not null);"
        "create unique index only_one_lease_lock on lease_lock ((client_id is not null));"
        "insert into lease_lock values ('a5ac14e8-7629-4726-b1f1-1ae053fc829e', now())");
    EXPECT_EQ(look().kind, ProductSchema::absent);
    create();
    EXPECT_EQ(database().value("select client_id from lease_lock"), "a5ac14e8-7629-4726-b1f1-1ae053fc829e");
}

TEST_F(MigrateTest, ForeignTablesInTheDatabaseDoNotMatter) {
    database().run(
        "create table somebody_elses (n int); create schema other; create table other.jobs (n int)");
    EXPECT_EQ(look().kind, ProductSchema::absent);
}

TEST_F(MigrateTest, WhatV1StartsOnIsComplete) {
    create();
    database().run("delete from goose_migrations where version_id = 0");
    EXPECT_EQ(look().kind, ProductSchema::complete);
    database().run("insert into goose_migrations (version_id, is_applied) values (154, true), (155, false)");
    EXPECT_EQ(look().kind, ProductSchema::complete);
}

TEST_F(MigrateTest, WhatV1FailsOnIsRefusedInItsWords) {
    const auto refusal = [this](const std::string& change) {
        database().run(change);
        const auto state = look();
        EXPECT_EQ(state.kind, ProductSchema::incomplete) << change;
        return state.refusal();
    };
    create();
    EXPECT_THAT(
        refusal("delete from goose_migrations where version_id in (54, 153)"),
        HasSubstr(
            "fatal error instantiating application: initializeORM#Migrate: goose_migrations lacks 2 of the "
            "versions 1 to 153: 54, 153"));
    EXPECT_THAT(refusal("delete from goose_migrations where version_id not in (0, 153)"),
                HasSubstr("and 143 more"));
    EXPECT_THAT(refusal("delete from goose_migrations"),
                HasSubstr("initializeORM#Migrate: no next version found"));
    EXPECT_THAT(refusal("drop table goose_migrations"), HasSubstr("without goose_migrations"));
}

TEST_F(MigrateTest, CreatesNothingWhereTablesAreInTheWay) {
    database().run("create table job_proposal_specs (n int)");
    const auto session = open();
    EXPECT_THROW(run(create_product_schema(*session, soon())), StatementFailed);
    EXPECT_TRUE(session->reusable());
    EXPECT_EQ(database().value("select count(*) from pg_class where relnamespace = 'public'::regnamespace"),
              "1");
}

TEST_F(MigrateTest, TheOwnSchemaIsMadeOnceAndRecorded) {
    create();
    migrate();
    const auto last = std::to_string(own_migrations().back().version);
    EXPECT_EQ(database().value("select max(version) from baton.schema_versions"), last);
    const auto first = database().value("select xmin from baton.schema_versions where version = 1");
    migrate();
    EXPECT_EQ(database().value("select xmin from baton.schema_versions where version = 1"), first);
    EXPECT_EQ(look().kind, ProductSchema::complete);
    EXPECT_EQ(database().value(
                  "select count(*) from pg_proc where prosrc like '%@own@%' or prosrc like '%@product@%' or "
                  "prosrc like '%@fence%'"),
              "0");
}

TEST_F(MigrateTest, WhetherACompleteSchemaStillIsTakesOneLook) {
    const auto session = open();
    const auto is_complete = [&] {
        const auto looked = run(session->query(look_at_complete_schema().sql, soon()));
        return is_still_complete(looked);
    };
    EXPECT_THROW(is_complete(), StatementFailed) << "there is none";
    create();
    EXPECT_TRUE(is_complete());
    database().run("delete from goose_migrations where version_id = 7");
    EXPECT_FALSE(is_complete());
}

TEST_F(MigrateTest, SchemaNamesAreTakenLiterally) {
    database().run("create schema \"Odd \"\"name\"");
    const auto session = open();
    run(session->query("set search_path = \"Odd \"\"name\"", soon()));
    run(create_product_schema(*session, soon()));
    EXPECT_EQ(run(look_at_product_schema(*session, soon())).kind, ProductSchema::complete);
    run(migrate_own_schema(*session, names("baton_Odd \"name", "Odd \"name"), soon()));
    EXPECT_EQ(database().value("select count(*) > 0 from \"baton_Odd \"\"name\".schema_versions"), "t");
    EXPECT_EQ(look().kind, ProductSchema::absent) << "two nodes in one database do not see each other";
}

TEST_F(MigrateTest, AVersionOfANewerProgramIsLeftAlone) {
    create();
    migrate();
    database().run("insert into baton.schema_versions (version, name) values (9999, 'later')");
    migrate();
    EXPECT_EQ(database().value("select count(*) from baton.schema_versions where version = 9999"), "1");
}

TEST_F(MigrateTest, WithoutTheRightToCreateSchemasItNeedsTheAdministrator) {
    create();
    database().run("create role baton_test_plain");
    const auto session = open();
    run(session->query("set role baton_test_plain", soon()));
    std::string sqlstate;
    try {
        run(migrate_own_schema(*session, names("baton", "public"), soon()));
    } catch (const StatementFailed& error) {
        sqlstate = error.sqlstate();
    }
    EXPECT_EQ(sqlstate, "42501");
    database().run("create schema baton authorization baton_test_plain");
    run(migrate_own_schema(*session, names("baton", "public"), soon()));
    EXPECT_EQ(database().value("select tableowner from pg_tables where tablename = 'schema_versions'"),
              "baton_test_plain");
    run(session->query("reset role", soon()));
    database().run("drop owned by baton_test_plain cascade; drop role baton_test_plain");
}

}  // namespace
}  // namespace baton::pg
