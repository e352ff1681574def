#include "baton/async/loop.hpp"

#include "baton/async/deadline.hpp"
#include "baton/async/descriptor.hpp"
#include "baton/async/group.hpp"
#include "baton/async/resolve.hpp"
#include "baton/async/retry.hpp"
#include "baton/async/timer.hpp"
#include "baton/async/worker_pool.hpp"
#include "baton/base/error.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace baton::async {
namespace {

using namespace std::chrono_literals;

Task<int> give(int number) {
    co_await sleep_for(1us);
    co_return number;
}

Task<int> refuse() {
    co_await sleep_for(1us);
    throw NotFound("nothing");
}

TEST(Loop, RunsATaskToItsValueOrError) {
    Loop loop;
    EXPECT_EQ(loop.run_until_done(give(7)), 7);
    EXPECT_THROW(loop.run_until_done(refuse()), NotFound);
    EXPECT_EQ(loop.run_until_done(give(8)), 8) << "an error must leave the loop usable";
}

TEST(Loop, StopFromAnotherThreadEndsRun) {
    Loop loop;
    TaskGroup group(loop.executor());
    group.spawn("sleeper", sleep_until(Deadline::never()));
    std::thread other([&loop] { loop.stop(); });
    loop.run();
    other.join();
    loop.run_until_done(group.stop());
}

TEST(Loop, PostFromAnotherThreadRunsOnTheLoopThread) {
    Loop loop;
    std::thread::id ran_on;
    std::thread other([&] { loop.post([&] { ran_on = std::this_thread::get_id(); }); });
    other.join();
    loop.run();
    EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(Timer, SleepsAtLeastAsLongAsAsked) {
    Loop loop;
    const auto before = BootClock::now();
    loop.run_until_done(sleep_for(2ms));
    EXPECT_GE(BootClock::now() - before, 2ms);
}

TEST(Deadline, KnowsWhatIsLeft) {
    EXPECT_FALSE(Deadline::never().passed());
    EXPECT_GT(Deadline::never().left(), 24h * 365);
    const Deadline past(BootClock::now() - 1s);
    EXPECT_TRUE(past.passed());
    EXPECT_EQ(past.left(), 0ns);
    EXPECT_EQ(Deadline::never().sooner(past).at(), past.at());
    EXPECT_EQ(past.sooner(Deadline::never()).at(), past.at());
}

TEST(Backoff, DoublesUpToTheMostAndStartsAgain) {
    Backoff backoff(100ms, 300ms);
    EXPECT_EQ(backoff.next(), 100ms);
    EXPECT_EQ(backoff.next(), 200ms);
    EXPECT_EQ(backoff.next(), 300ms);
    EXPECT_EQ(backoff.next(), 300ms);
    backoff.reset();
    EXPECT_EQ(backoff.next(), 100ms);
}

struct DescriptorTest : testing::Test {
    DescriptorTest() { EXPECT_EQ(pipe(ends.data()), 0); }
    ~DescriptorTest() override {
        for (const int fd : ends) {
            close(fd);
        }
    }
    void write_byte() { ASSERT_EQ(write(ends[1], "x", 1), 1); }
    Loop loop;
    std::array<int, 2> ends{};
};

TEST_F(DescriptorTest, ReportsReadinessThatCameBeforeAndDuringTheWait) {
    Descriptor descriptor(loop.executor(), ends[0]);
    write_byte();
    EXPECT_TRUE(loop.run_until_done(descriptor.wait(Descriptor::Ready::readable)));
    EXPECT_TRUE(loop.run_until_done(descriptor.wait(Descriptor::Ready::readable)))
        << "still unread, so still readable";
    char byte = 0;
    ASSERT_EQ(read(ends[0], &byte, 1), 1);
    loop.post([this] { write_byte(); });
    EXPECT_TRUE(loop.run_until_done(descriptor.wait(Descriptor::Ready::readable)));
}

TEST_F(DescriptorTest, ReportsAPassedDeadlineAndGoesOnAfterIt) {
    Descriptor descriptor(loop.executor(), ends[0]);
    EXPECT_FALSE(loop.run_until_done(descriptor.wait(Descriptor::Ready::readable, Deadline::after(1ms))));
    write_byte();
    EXPECT_TRUE(loop.run_until_done(descriptor.wait(Descriptor::Ready::readable, Deadline::after(10s))));
}

TEST_F(DescriptorTest, WaitsForEitherDirection) {
    Descriptor writing(loop.executor(), ends[1]);
    EXPECT_TRUE(loop.run_until_done(writing.wait(Descriptor::Ready::either))) << "an empty pipe is writable";
    Descriptor reading(loop.executor(), ends[0]);
    EXPECT_FALSE(loop.run_until_done(reading.wait(Descriptor::Ready::either, Deadline::after(1ms))));
    write_byte();
    EXPECT_TRUE(loop.run_until_done(reading.wait(Descriptor::Ready::either)));
    EXPECT_TRUE(loop.run_until_done(reading.wait(Descriptor::Ready::readable)));
}

TEST(ResolveHost, GivesAddressesOrTheReason) {
    Loop loop;
    EXPECT_EQ(loop.run_until_done(resolve_host("127.0.0.1", Deadline::after(10s))),
              std::vector<std::string>{"127.0.0.1"});
    // RFC 6761: no resolver may find a name below "invalid".
    EXPECT_THROW(loop.run_until_done(resolve_host("nobody.invalid", Deadline::after(10s))), Error);
}

Task<void> wait_readable(Descriptor* descriptor, std::vector<std::string>* steps) {
    try {
        co_await descriptor->wait(Descriptor::Ready::readable, Deadline::after(1h));
    } catch (const Cancelled&) {
        steps->push_back("cancelled");
    }
}

TEST_F(DescriptorTest, CancellationEndsTheWaitAndTheDescriptorStaysOpen) {
    std::vector<std::string> steps;
    {
        Descriptor descriptor(loop.executor(), ends[0]);
        TaskGroup group(loop.executor());
        group.spawn("wait", wait_readable(&descriptor, &steps));
        loop.poll();
        loop.run_until_done(group.stop());
    }
    EXPECT_EQ(steps, std::vector<std::string>{"cancelled"});
    write_byte();
    char byte = 0;
    EXPECT_EQ(read(ends[0], &byte, 1), 1) << "the descriptor belongs to somebody else";
}

std::filesystem::path directory_of_this_thread() {
    return "/proc/self/task/" + std::to_string(gettid());
}

Task<std::thread::id> where_it_continues(WorkerPool* pool, std::thread::id* worked_on) {
    std::function<std::thread::id()> work = [] { return std::this_thread::get_id(); };
    *worked_on = co_await pool->run(std::move(work));
    co_return std::this_thread::get_id();
}

TEST(WorkerPool, WorksElsewhereAndContinuesOnTheLoop) {
    Loop loop;
    WorkerPool pool(2);
    std::thread::id worked_on;
    EXPECT_EQ(loop.run_until_done(where_it_continues(&pool, &worked_on)), std::this_thread::get_id());
    EXPECT_NE(worked_on, std::this_thread::get_id());
}

Task<void> note_worker(WorkerPool* pool, std::filesystem::path* worker) {
    std::function<std::filesystem::path()> work = directory_of_this_thread;
    *worker = co_await pool->run(std::move(work));
}

TEST(WorkerPool, HasNoThreadWhenNothingIsToDo) {
    Loop loop;
    WorkerPool pool(2);
    std::filesystem::path worker;
    loop.run_until_done(note_worker(&pool, &worker));
    // It has handed its result over and is about to end.
    while (std::filesystem::exists(worker))
        std::this_thread::yield();
    EXPECT_NE(worker, directory_of_this_thread());
}

/// As what libraries keep for each thread (OpenSSL's state), which is freed after the thread's last line.
struct FreedLate {
    std::atomic<bool>* freed = nullptr;
    ~FreedLate() {
        if (!freed) return;
        for (int times = 0; times < 1000; ++times)
            std::this_thread::yield();
        *freed = true;
    }
};

TEST(WorkerPool, EndsAfterWhatItsThreadsKeepIsFreed) {
    Loop loop;
    std::atomic<bool> freed = false;
    {
        WorkerPool pool(1);
        const std::function<int()> work = [&freed] {
            thread_local FreedLate kept;
            kept.freed = &freed;
            return 0;
        };
        loop.run_until_done(pool.run(work));
    }
    EXPECT_TRUE(freed) << "a thread was still ending";
}

std::set<std::filesystem::path> threads_of_this_process() {
    std::set<std::filesystem::path> threads;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task"))
        threads.insert(thread.path());
    return threads;
}

TEST(ResolveHost, StartsNoThreadForANumber) {
    // Threads of earlier tests may still be ending.
    const auto before = threads_of_this_process();
    Loop loop;
    loop.run_until_done(resolve_host("127.0.0.1", Deadline::after(10s)));
    for (const auto& thread : threads_of_this_process())
        EXPECT_TRUE(before.contains(thread)) << thread;
}

TEST(WorkerPool, DoesAllWorkOnAsManyThreadsAsItMayHave) {
    Loop loop;
    WorkerPool pool(1);
    std::mutex taken;
    bool alone = true;
    std::function<int()> work = [&] {
        const std::unique_lock lock(taken, std::try_to_lock);
        alone = alone && lock.owns_lock();
        std::this_thread::yield();
        return 1;
    };
    TaskGroup group(loop.executor());
    int done = 0;
    const auto count = [](WorkerPool* workers, std::function<int()> one, int* sum) -> Task<void> {
        const int result = co_await workers->run(std::move(one));
        *sum += result;
    };
    for (int i = 0; i < 20; ++i)
        group.spawn("work", count(&pool, work, &done));
    loop.run_until_done(group.join());
    EXPECT_EQ(done, 20);
    EXPECT_TRUE(alone);
}

TEST(WorkerPool, HandsTheErrorOfTheWorkOver) {
    Loop loop;
    WorkerPool pool(1);
    std::function<int()> work = []() -> int { throw InvalidInput("bad"); };
    EXPECT_THROW(loop.run_until_done(pool.run(work)), InvalidInput);
}

TEST(SignalWatch, TellsOfEachSignal) {
    Loop loop;
    std::vector<int> seen;
    SignalWatch watch(loop.executor(), [&](int number) {
        seen.push_back(number);
        if (seen.size() == 2) loop.stop();
    });
    loop.post([] { std::raise(SIGTERM); });
    loop.post([] { std::raise(SIGINT); });
    loop.run();
    EXPECT_EQ(seen, (std::vector<int>{SIGTERM, SIGINT}));
}

}  // namespace
}  // namespace baton::async
