#pragma once

#include "baton/pg/migrate.hpp"
#include "baton/store/writer.hpp"
#include "testing/database.hpp"

#include <memory>

namespace baton::store {

/// For tests: a database with both schemas in which this process leads, and what it writes with.
class WriterTest : public test::DatabaseTest {
  protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        if (IsSkipped()) return;
        const auto session = open();
        run(pg::create_product_schema(*session, soon()));
        run(pg::migrate_own_schema(*session, {"baton", "public", 1112690768, 0}, soon()));
        database().run(
            "insert into baton.leadership (epoch, token, client_id, instance, address, since, alive_at) "
            "values (1, '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', "
            "'test', '', now(), now())");
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
        writer.fence.statement = "select baton.fence_1($1, $2)";
        return writer;
    }
    /// From now on somebody else leads: the writer's fence is refused.
    void lose_leadership() { database().run("update baton.leadership set epoch = epoch + 1"); }

  private:
    std::unique_ptr<pg::Pool> pool_;
};

}  // namespace baton::store
