#pragma once

#include "baton/pg/migrate.hpp"
#include "baton/store/writer.hpp"
#include "testing/database.hpp"

#include <memory>

namespace baton::store {

/// The database that the tests of a program copy: both schemas, and this process leads. Made on first use,
/// because the schemas take longer than a test; dropped after the last test.
class WriterTemplate : public ::testing::Environment {
  public:
    static std::string name() {
        if (!database()) make();
        return database()->name();
    }
    void TearDown() override { database().reset(); }

  private:
    static std::unique_ptr<test::TestDatabase>& database() {
        static std::unique_ptr<test::TestDatabase> one;
        return one;
    }
    static void make() {
        auto made = std::make_unique<test::TestDatabase>();
        async::Loop loop;
        const auto patience = async::Deadline::after(std::chrono::seconds(60));
        {
            const auto session = loop.run_until_done(pg::Connection::open(made->session_options(), patience));
            loop.run_until_done(pg::create_product_schema(*session, patience));
            loop.run_until_done(
                pg::migrate_own_schema(*session, {"baton", "public", 1112690768, 0}, patience));
        }
        loop.poll();
        made->run(
            "insert into baton.leadership (epoch, token, client_id, instance, address, since, alive_at) "
            "values (1, '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', "
            "'test', '', now(), now())");
        made->disconnect();
        database() = std::move(made);
    }
};
inline ::testing::Environment* const writer_template =
    ::testing::AddGlobalTestEnvironment(new WriterTemplate);

/// For tests: a database with both schemas in which this process leads, and what it writes with.
class WriterTest : public test::DatabaseTest {
  protected:
    std::string template_database() override { return WriterTemplate::name(); }
    void SetUp() override {
        DatabaseTest::SetUp();
        if (IsSkipped()) return;
        pool_ = std::make_unique<pg::Pool>(loop().executor(), database().session_options(), 4, 4);
    }

    void TearDown() override {
        pool_.reset();
        // What the closed sessions still have on the loop.
        loop().poll();
    }

    pg::Pool& pool() { return *pool_; }
    Writer writer() {
        Writer writer;
        writer.pool = pool_.get();
        writer.fence.epoch = 1;
        writer.fence.token = *Uuid::parse("00000000-0000-4000-8000-000000000001");
        writer.fence.statement = "select baton.fence_3($1, $2)";
        writer.fence.opening_statement = "select baton.opening_fence_1($1, $2)";
        writer.fence.own_schema = "baton";
        return writer;
    }
    /// From now on somebody else leads: the writer's fence is refused.
    void lose_leadership() { database().run("update baton.leadership set epoch = epoch + 1"); }

  private:
    std::unique_ptr<pg::Pool> pool_;
};

}  // namespace baton::store
