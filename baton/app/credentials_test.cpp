#include "baton/app/credentials.hpp"

#include "baton/app/environment_testing.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

namespace baton::app {
namespace {

class Credentials : public testing::Test {
  protected:
    Credentials() {
        std::string name = "/tmp/baton-credentials-XXXXXX";
        folder_ = mkdtemp(name.data());
    }
    ~Credentials() override { std::filesystem::remove_all(folder_); }
    std::filesystem::path file(const std::string& content) {
        const auto path = folder_ / "file";
        std::ofstream(path, std::ios::binary) << content;
        return path;
    }
    std::string password_refusal(const std::string& content) {
        return refusal_of([&] { read_password_file(file(content)); });
    }
    std::filesystem::path folder_;
};

TEST_F(Credentials, OneTrailingNewlineIsNoPartOfAPassword) {
    EXPECT_EQ(read_password_file(file("T.tLHkcmwePT/p,]sYuntjwHKAsrhm#4")).reveal(),
              "T.tLHkcmwePT/p,]sYuntjwHKAsrhm#4");
    EXPECT_EQ(read_password_file(file("pass word\n")).reveal(), "pass word");
}

TEST_F(Credentials, ADoubtfulPasswordFileIsRefusedWithTheWordsOfV1) {
    const std::string prefix = "error reading password from file: ";
    EXPECT_EQ(password_refusal(""), prefix + "detected empty password in password file");
    EXPECT_EQ(password_refusal("\n"), prefix + "detected empty password in password file");
    for (const auto* text : {" secret", "secret ", "secret\n\n", "secret\r\n", "\tsecret"}) {
        EXPECT_EQ(password_refusal(text), prefix + "leading/trailing whitespace detected in password");
    }
    EXPECT_EQ(refusal_of([&] { read_password_file(folder_ / "absent"); }),
              prefix + "open " + (folder_ / "absent").string() + ": no such file or directory");
    EXPECT_EQ(refusal_of([&] { read_password_file(folder_); }),
              prefix + "read " + folder_.string() + ": is a directory");
}

TEST_F(Credentials, AVrfPasswordFileIsChecked) {
    EXPECT_EQ(refusal_of([&] { check_vrf_password_file(file("secret\n")); }), "");
    const auto prefix =
        "error reading VRF password from vrfpassword file \"" + (folder_ / "file").string() + "\": ";
    EXPECT_EQ(refusal_of([&] { check_vrf_password_file(file("")); }),
              prefix + "detected empty password in password file");
    EXPECT_TRUE(
        refusal_of([&] {
            check_vrf_password_file(folder_ / "absent");
        }).ends_with("absent\": open " + (folder_ / "absent").string() + ": no such file or directory"));
}

TEST_F(Credentials, TheFirstUserStandsInTwoLines) {
    const auto both = read_api_file(file(" admin@example.org \n secret password \nmore\n"));
    EXPECT_EQ(both.email, "admin@example.org");
    EXPECT_EQ(both.password.reveal(), "secret password");
    EXPECT_EQ(read_api_file(file("a@b\nsecret")).password.reveal(), "secret");
    EXPECT_EQ(refusal_of([&] { read_api_file(file("admin@example.org")); }),
              "error creating api initializer: malformed API credentials file does not have at least two "
              "lines at " +
                  (folder_ / "file").string());
    EXPECT_TRUE(refusal_of([&] {
                    read_api_file(folder_ / "absent");
                }).starts_with("error creating api initializer: open "));
}

TEST_F(Credentials, AFirstUserHasAnAddressAndAFairPassword) {
    const auto faults = [](std::string email, std::string password) {
        return api_credential_faults({std::move(email), Secret(std::move(password))});
    };
    const std::string good = "16charlengthp4SsW0rD1!@#_";
    EXPECT_FALSE(faults("admin@example.org", good));
    EXPECT_EQ(faults("", good), "Must enter an email");
    for (const auto* bad : {"admin", "@example.org", "admin@"})
        EXPECT_TRUE(faults(bad, good)) << bad;
    EXPECT_EQ(faults("a@b", std::string(51, 'x')), "must enter a password less than 50 characters");
    EXPECT_TRUE(faults("a@b", "short"));
    EXPECT_TRUE(faults("admin@example.org", "admin@example.org"));
}

TEST_F(Credentials, AFileWithSecretsIsForItsOwnerOnly) {
    const auto path = file("x");
    chmod(path.c_str(), 0644);
    const auto warning = tighten_permissions(path);
    ASSERT_TRUE(warning);
    EXPECT_NE(warning->find(path.string()), std::string::npos);
    struct stat status {};
    stat(path.c_str(), &status);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_FALSE(tighten_permissions(path)) << "nothing left to do";
    EXPECT_FALSE(tighten_permissions(folder_ / "absent"));
}

TEST_F(Credentials, TheCookieSecretOfV1IsRead) {
    EXPECT_FALSE(read_cookie_secret(folder_));
    const Secret key(std::string(32, '\x01'));
    write_cookie_secret(folder_, key);
    struct stat status {};
    stat((folder_ / "secret").c_str(), &status);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    const auto read = read_cookie_secret(folder_);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->reveal(), key.reveal());
    write_cookie_secret(folder_, Secret(std::string(32, '\x02')));
    EXPECT_EQ(read_cookie_secret(folder_)->reveal(), key.reveal()) << "one that is there wins";
    std::ofstream(folder_ / "secret") << "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
    EXPECT_EQ(to_hex(read_cookie_secret(folder_)->reveal_bytes()),
              "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    std::ofstream(folder_ / "secret") << "AAEC";
    EXPECT_THROW(read_cookie_secret(folder_), InvalidInput);
}

}  // namespace
}  // namespace baton::app
