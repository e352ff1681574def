// Compares the catalogue of a database made from db/product with the catalogue of a database that v1.11.0
// migrated itself (reference/schema.json; the points are those of reference/schema.md section 8).

#include "baton/store/product_schema_testing.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

namespace baton::store {
namespace {

namespace json = boost::json;

std::filesystem::path reference_file() {
    const char* shared = std::getenv("BATON_SHARED_DIR");
    return std::filesystem::path(shared ? shared : BATON_SOURCE_DIR "/../shared") / "reference" /
           "schema.json";
}

std::string text(const json::value& value) {
    if (value.is_null()) return "none";
    return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}
std::string text(const json::object& object, std::string_view key) {
    return text(object.at(key));
}

std::string list(const json::value& values) {
    std::string joined;
    for (const json::value& value : values.as_array())
        joined += (joined.empty() ? "" : ", ") + text(value);
    return joined;
}

bool is(const json::object& object, std::string_view key) {
    return object.at(key).as_bool();
}

/// `yes` where the flag is set, otherwise `no`.
std::string choose(const json::object& object, std::string_view key, const char* yes, const char* no) {
    return is(object, key) ? yes : no;
}

void expect_equal(const std::string& kind, const Objects& expected, const Objects& found) {
    for (const auto& [name, description] : expected) {
        const auto live = found.find(name);
        if (live == found.end())
            ADD_FAILURE() << kind << " " << name << " is missing; it should be: " << description;
        else
            EXPECT_EQ(description, live->second) << kind << " " << name << " differs from the reference";
    }
    for (const auto& [name, description] : found)
        EXPECT_TRUE(expected.contains(name)) << kind << " " << name << " is too much: " << description;
}

class ProductSchema : public testing::Test {
  protected:
    static void TearDownTestSuite() { database_.reset(); }

    void SetUp() override {
        const std::filesystem::path file = reference_file();
        if (!std::filesystem::exists(file))
            GTEST_SKIP()
                << file
                << " is not there; BATON_SHARED_DIR names the folder that holds reference/schema.json";
        std::ifstream in(file);
        std::ostringstream bytes;
        bytes << in.rdbuf();
        reference_ = json::parse(bytes.str()).as_object();
        if (!database_) {
            auto fresh = std::make_unique<ProductDatabase>();
            fresh->create_product_schema();
            database_ = std::move(fresh);
        }
    }

    const json::array& all(std::string_view kind) const { return reference_.at(kind).as_array(); }

    /// Calls `describe(table name, object)` for every object of that kind in every table.
    template <typename Describe>
    void for_each_in_tables(std::string_view kind, Describe describe) const {
        for (const json::value& table : all("tables"))
            for (const json::value& object : table.at(kind).as_array())
                describe(text(table.at("name")), object.as_object());
    }

    ProductDatabase& database() { return *database_; }

    json::object reference_;

  private:
    static inline std::unique_ptr<ProductDatabase> database_;
};

TEST_F(ProductSchema, CountsAgree) {
    Objects expected;
    for (const auto& [kind, count] : reference_.at("counts").as_object())
        expected[kind] = text(count);
    expect_equal("number of", expected, database().objects(R"(
        with relation as (select * from pg_class where relnamespace = current_schema()::regnamespace),
             rule as (select * from pg_constraint where connamespace = current_schema()::regnamespace)
        select 'tables', count(*)::text from relation where relkind = 'r'
        union all select 'columns', count(*)::text from relation join pg_attribute on attrelid = relation.oid
            where relkind = 'r' and attnum > 0 and not attisdropped
        union all select 'primary_keys', count(*)::text from rule where contype = 'p'
        union all select 'unique_constraints', count(*)::text from rule where contype = 'u'
        union all select 'foreign_keys', count(*)::text from rule where contype = 'f'
        union all select 'check_constraints', count(*)::text from rule where contype = 'c'
        union all select 'indexes', count(*)::text from relation where relkind = 'i'
        union all select 'indexes_not_backing_a_constraint', count(*)::text from relation where relkind = 'i'
            and not exists (select from rule where conindid = relation.oid and contype in ('p', 'u', 'x'))
        union all select 'sequences', count(*)::text from relation where relkind = 'S'
        union all select 'enums', count(*)::text from pg_type
            where typnamespace = current_schema()::regnamespace and typtype = 'e'
        union all select 'domains', count(*)::text from pg_type
            where typnamespace = current_schema()::regnamespace and typtype = 'd'
        union all select 'functions', count(*)::text from pg_proc
            where pronamespace = current_schema()::regnamespace
        union all select 'triggers', count(*)::text from pg_trigger join relation on relation.oid = tgrelid
            where not tgisinternal
        union all select 'goose_rows', count(*)::text from goose_migrations)"));
}

TEST_F(ProductSchema, EnumsHaveTheirValuesInOrder) {
    Objects expected;
    for (const json::value& type : all("enums"))
        expected[text(type.at("name"))] = list(type.at("values"));
    expect_equal("enum", expected, database().objects(R"(
        select typname, string_agg(enumlabel, ', ' order by enumsortorder)
        from pg_type join pg_enum on enumtypid = pg_type.oid
        where typnamespace = current_schema()::regnamespace
        group by typname)"));
}

TEST_F(ProductSchema, ColumnsHavePlaceTypeAndDefault) {
    Objects expected;
    for_each_in_tables("columns", [&](const std::string& table, const json::object& column) {
        expected[table + "." + text(column, "name")] =
            "column " + text(column, "position") + ", " + text(column, "type") +
            choose(column, "nullable", ", nullable", ", not null") + ", default " + text(column, "default");
    });
    // The rank among the live columns: attnum also counts the columns that migrations dropped.
    expect_equal("column", expected, database().objects(R"(
        select relname || '.' || attname, format('column %s, %s, %s, default %s',
            row_number() over (partition by attrelid order by attnum), format_type(atttypid, atttypmod),
            case when attnotnull then 'not null' else 'nullable' end,
            coalesce(pg_get_expr(adbin, adrelid), 'none'))
        from pg_class join pg_attribute on attrelid = pg_class.oid
            left join pg_attrdef on adrelid = attrelid and adnum = attnum
        where relnamespace = current_schema()::regnamespace and relkind = 'r'
            and attnum > 0 and not attisdropped)"));
}

TEST_F(ProductSchema, PrimaryKeysAndUniqueConstraints) {
    Objects expected;
    for (const json::value& table : all("tables")) {
        const json::value& key = table.at("primary_key");
        if (!key.is_null())
            expected[text(table.at("name")) + "." + text(key.at("name"))] =
                "p (" + list(key.at("columns")) + "), not deferrable, initially immediate";
    }
    for_each_in_tables("unique_constraints", [&](const std::string& table, const json::object& unique) {
        expected[table + "." + text(unique, "name")] =
            "u (" + list(unique.at("columns")) + ")" +
            choose(unique, "deferrable", ", deferrable", ", not deferrable") +
            choose(unique, "initially_deferred", ", initially deferred", ", initially immediate");
    });
    expect_equal("key", expected, database().objects(R"(
        select conrelid::regclass || '.' || conname, format('%s (%s), %s, %s', contype,
            (select string_agg(attname, ', ' order by place)
                from unnest(conkey) with ordinality key (number, place)
                join pg_attribute on attrelid = conrelid and attnum = number),
            case when condeferrable then 'deferrable' else 'not deferrable' end,
            case when condeferred then 'initially deferred' else 'initially immediate' end)
        from pg_constraint
        where connamespace = current_schema()::regnamespace and contype in ('p', 'u'))"));
}

TEST_F(ProductSchema, ForeignKeysWithTheirIndexAndValidity) {
    Objects expected;
    for_each_in_tables("foreign_keys", [&](const std::string& table, const json::object& key) {
        expected[table + "." + text(key, "name")] =
            "(" + list(key.at("columns")) + ") to " + text(key, "references_table") + " (" +
            list(key.at("references_columns")) + ") by " + text(key, "referenced_index") + ", on update " +
            text(key, "on_update") + ", on delete " + text(key, "on_delete") + ", match " +
            text(key, "match") + choose(key, "deferrable", ", deferrable", ", not deferrable") +
            choose(key, "initially_deferred", ", initially deferred", ", initially immediate") +
            choose(key, "validated", ", valid", ", not valid");
    });
    expect_equal("foreign key", expected, database().objects(R"(
        with action (code, name) as (values ('a', 'NO ACTION'), ('r', 'RESTRICT'), ('c', 'CASCADE'),
                                            ('n', 'SET NULL'), ('d', 'SET DEFAULT'))
        select conrelid::regclass || '.' || conname,
            format('(%s) to %s (%s) by %s, on update %s, on delete %s, match %s, %s, %s, %s',
                (select string_agg(attname, ', ' order by place)
                    from unnest(conkey) with ordinality key (number, place)
                    join pg_attribute on attrelid = conrelid and attnum = number),
                confrelid::regclass,
                (select string_agg(attname, ', ' order by place)
                    from unnest(confkey) with ordinality key (number, place)
                    join pg_attribute on attrelid = confrelid and attnum = number),
                conindid::regclass,
                (select name from action where code = confupdtype),
                (select name from action where code = confdeltype),
                case confmatchtype when 's' then 'SIMPLE' when 'f' then 'FULL' else 'PARTIAL' end,
                case when condeferrable then 'deferrable' else 'not deferrable' end,
                case when condeferred then 'initially deferred' else 'initially immediate' end,
                case when convalidated then 'valid' else 'not valid' end)
        from pg_constraint
        where connamespace = current_schema()::regnamespace and contype = 'f')"));
}

TEST_F(ProductSchema, ChecksWithTheirValidity) {
    Objects expected;
    for_each_in_tables("check_constraints", [&](const std::string& table, const json::object& check) {
        expected[table + "." + text(check, "name")] = text(check, "expression") +
                                                      choose(check, "validated", ", valid", ", not valid") +
                                                      choose(check, "no_inherit", ", no inherit", "");
    });
    expect_equal("check", expected, database().objects(R"(
        select conrelid::regclass || '.' || conname, pg_get_expr(conbin, conrelid)
            || case when convalidated then ', valid' else ', not valid' end
            || case when connoinherit then ', no inherit' else '' end
        from pg_constraint
        where connamespace = current_schema()::regnamespace and contype = 'c')"));
}

TEST_F(ProductSchema, Indexes) {
    Objects expected;
    for_each_in_tables("indexes", [&](const std::string& table, const json::object& index) {
        std::string classes;
        for (const json::value& key : index.at("keys").as_array())
            classes += (classes.empty() ? "" : ", ") + text(key.at("opclass"));
        expected[table + "." + text(index, "name")] = text(index, "definition") + ", operator classes " +
                                                      classes + choose(index, "primary", ", primary", "") +
                                                      ", backs " + text(index, "backs_constraint");
    });
    // The definition tells method, uniqueness, keys with their order, and predicate.
    expect_equal("index", expected, database().objects(R"(
        select indrelid::regclass || '.' || relname, format('%s, operator classes %s%s, backs %s',
            pg_get_indexdef(indexrelid),
            (select string_agg(opcname, ', ' order by place)
                from unnest(indclass) with ordinality class (id, place)
                join pg_opclass on pg_opclass.oid = id),
            case when indisprimary then ', primary' else '' end,
            coalesce((select conname from pg_constraint
                where conindid = indexrelid and contype in ('p', 'u', 'x')), 'none'))
        from pg_index join pg_class on pg_class.oid = indexrelid
        where relnamespace = current_schema()::regnamespace and indisvalid and indisready)"));
}

TEST_F(ProductSchema, SequencesWithTypeAndOwner) {
    Objects expected;
    for (const json::value& value : all("sequences")) {
        const json::object& sequence = value.as_object();
        expected[text(sequence, "name")] =
            text(sequence, "data_type") + " from " + text(sequence, "start") + " by " +
            text(sequence, "increment") + " within " + text(sequence, "minimum") + ".." +
            text(sequence, "maximum") + ", cache " + text(sequence, "cache") +
            choose(sequence, "cycle", ", cycle", ", no cycle") + ", owned by " +
            text(sequence, "owned_by_table") + "." + text(sequence, "owned_by_column");
    }
    expect_equal("sequence", expected, database().objects(R"(
        select seqrelid::regclass, format('%s from %s by %s within %s..%s, cache %s, %s, owned by %s',
            format_type(seqtypid, null), seqstart, seqincrement, seqmin, seqmax, seqcache,
            case when seqcycle then 'cycle' else 'no cycle' end,
            coalesce((select refobjid::regclass || '.' || attname
                from pg_depend join pg_attribute on attrelid = refobjid and attnum = refobjsubid
                where classid = 'pg_class'::regclass and objid = seqrelid and deptype = 'a'), 'nobody'))
        from pg_sequence join pg_class on pg_class.oid = seqrelid
        where relnamespace = current_schema()::regnamespace)"));
}

TEST_F(ProductSchema, Functions) {
    Objects expected;
    for (const json::value& value : all("functions")) {
        const json::object& function = value.as_object();
        expected[text(function, "name")] =
            "(" + text(function, "arguments") + ") returns " + text(function, "returns") + ", " +
            text(function, "language") + ", " + text(function, "volatility") +
            choose(function, "strict", ", strict", "") +
            choose(function, "security_definer", ", security definer", "") +
            choose(function, "leakproof", ", leakproof", "") + ", parallel " + text(function, "parallel") +
            ", cost " + text(function, "cost") + ", kind " + text(function, "kind");
    }
    expect_equal("function", expected, database().objects(R"(
        select proname, format('(%s) returns %s, %s, %s%s%s%s, parallel %s, cost %s, kind %s',
            pg_get_function_arguments(pg_proc.oid), pg_get_function_result(pg_proc.oid), lanname,
            case provolatile when 'v' then 'volatile' when 's' then 'stable' else 'immutable' end,
            case when proisstrict then ', strict' else '' end,
            case when prosecdef then ', security definer' else '' end,
            case when proleakproof then ', leakproof' else '' end,
            case proparallel when 'u' then 'unsafe' when 's' then 'safe' else 'restricted' end,
            procost, prokind)
        from pg_proc join pg_language on pg_language.oid = prolang
        where pronamespace = current_schema()::regnamespace)"));
}

TEST_F(ProductSchema, Triggers) {
    Objects expected;
    for (const json::value& value : all("triggers")) {
        const json::object& trigger = value.as_object();
        expected[text(trigger, "table") + "." + text(trigger, "name")] =
            text(trigger, "timing") + " " + list(trigger.at("events")) + " " +
            list(trigger.at("update_columns")) + " for each " + text(trigger, "level") + " execute " +
            text(trigger, "function") + ", arguments " + text(trigger, "arguments") + ", when " +
            text(trigger, "condition") + ", enabled " + text(trigger, "enabled") +
            choose(trigger, "deferrable", ", deferrable", ", not deferrable");
    }
    // Bits of tgtype: 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate, 64 instead.
    expect_equal("trigger", expected, database().objects(R"(
        select tgrelid::regclass || '.' || tgname,
            format('%s %s %s for each %s execute %s, arguments %s, when %s, enabled %s, %s',
                case when tgtype & 2 <> 0 then 'BEFORE' when tgtype & 64 <> 0 then 'INSTEAD OF'
                    else 'AFTER' end,
                concat_ws(', ',
                    case when tgtype & 4 <> 0 then 'INSERT' end, case when tgtype & 8 <> 0 then 'DELETE' end,
                    case when tgtype & 16 <> 0 then 'UPDATE' end,
                    case when tgtype & 32 <> 0 then 'TRUNCATE' end),
                (select string_agg(attname, ', ') from unnest(tgattr) number
                    join pg_attribute on attrelid = tgrelid and attnum = number),
                case when tgtype & 1 <> 0 then 'ROW' else 'STATEMENT' end, proname, tgnargs,
                coalesce(pg_get_expr(tgqual, tgrelid), 'none'),
                case tgenabled when 'O' then 'origin and local' else tgenabled::text end,
                case when tgdeferrable then 'deferrable' else 'not deferrable' end)
        from pg_trigger join pg_proc on pg_proc.oid = tgfoid join pg_class on pg_class.oid = tgrelid
        where relnamespace = current_schema()::regnamespace and not tgisinternal)"));
}

TEST_F(ProductSchema, NothingElseExists) {
    // 16384 is the first object id that the server does not use for itself.
    expect_equal("object", {}, database().objects(R"(
        select 'relation ' || oid::regclass, 'of kind ' || relkind::text from pg_class
            where oid >= 16384 and (relkind not in ('r', 'i', 'S', 't')
                or relnamespace not in (current_schema()::regnamespace, 'pg_toast'::regnamespace))
        union all select 'table ' || oid::regclass, 'unlogged, partition, or with row security'
            from pg_class
            where relnamespace = current_schema()::regnamespace
                and (relpersistence <> 'p' or relispartition or relrowsecurity or relforcerowsecurity)
        union all select 'inheritance ' || inhrelid::regclass, inhparent::text from pg_inherits
        union all select 'column ' || attrelid::regclass || '.' || attname, 'identity or generated'
            from pg_attribute where attrelid >= 16384 and (attidentity <> '' or attgenerated <> '')
        union all select 'type ' || typname, 'of kind ' || typtype::text from pg_type
            where oid >= 16384 and typtype <> 'e' and typrelid = 0 and typcategory <> 'A'
        union all select 'constraint ' || conname, 'of kind ' || contype::text from pg_constraint
            where oid >= 16384 and contype not in ('p', 'u', 'f', 'c')
        union all select 'rule ' || rulename, 'on ' || ev_class::regclass from pg_rewrite where oid >= 16384
        union all select 'policy ' || polname, 'on ' || polrelid::regclass from pg_policy
        union all select 'operator ' || oid::regoperator, 'operator' from pg_operator where oid >= 16384
        union all select 'cast ' || oid, castsource::regtype || ' to ' || casttarget::regtype from pg_cast
            where oid >= 16384
        union all select 'collation ' || collname, 'collation' from pg_collation where oid >= 16384
        union all select 'event trigger ' || evtname, evtevent from pg_event_trigger
        union all select 'statistics ' || stxname, 'on ' || stxrelid::regclass from pg_statistic_ext
        union all select 'comment on ' || pg_describe_object(classoid, objoid, objsubid), description
            from pg_description where objoid >= 16384
        union all select 'extension ' || extname, extversion from pg_extension where extname <> 'plpgsql'
        union all select 'schema ' || nspname, 'schema' from pg_namespace where oid >= 16384)"));
}

TEST_F(ProductSchema, EveryMigrationOfTheProductIsOnRecord) {
    Objects expected;
    for (const json::value& row : reference_.at("goose_migrations").at("rows").as_array())
        expected[text(row.at("id"))] = "version " + text(row.at("version_id")) +
                                       (row.at("is_applied").as_bool() ? ", applied" : ", not applied");
    expect_equal("row of goose_migrations", expected, database().objects(R"(
        select id::text,
            format('version %s, %s', version_id, case when is_applied then 'applied' else 'not applied' end)
        from goose_migrations)"));
    EXPECT_EQ("0", database().value("select count(*) from goose_migrations where tstamp is null"));
    EXPECT_EQ("155", database().value("select nextval('goose_migrations_id_seq')"))
        << "the next migration of the product must not meet a taken id";
}

TEST_F(ProductSchema, UpsertsFindTheirIndex) {
    const Objects found = database().objects(R"(
        select indrelid::regclass || '.' || indexrelid::regclass,
            (select string_agg(key, ', ' order by key collate "C") from generate_series(1, indnkeyatts) place,
                pg_get_indexdef(indexrelid, place, true) key)
        from pg_index join pg_class on pg_class.oid = indexrelid
        where relnamespace = current_schema()::regnamespace
            and indisunique and indimmediate and indisvalid and indpred is null)");
    for (const json::value& target : all("upsert_targets")) {
        std::set<std::string> keys;
        for (const json::value& key : target.at("arbiter").as_array())
            keys.insert(text(key));
        std::string joined;
        for (const std::string& key : keys)
            joined += (joined.empty() ? "" : ", ") + key;

        const std::string name = text(target.at("table")) + "." + text(target.at("satisfied_by"));
        const auto index = found.find(name);
        if (index == found.end())
            ADD_FAILURE() << name << " is not a unique index over the whole table";
        else
            EXPECT_EQ(joined, index->second) << name << " does not serve the upsert by these keys";
    }
}

}  // namespace
}  // namespace baton::store
