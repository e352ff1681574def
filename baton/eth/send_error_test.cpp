#include "baton/eth/send_error.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace baton::eth {
namespace {

using enum SendOutcome;

struct Case {
    SendOutcome outcome;
    std::string text;
};

/// Texts of reference/evm.md section 3.5, and what the same clients say today.
const std::vector<Case>& cases() {
    static const std::vector<Case> all{
        {nonce_too_low, "nonce too low"},
        {nonce_too_low, "call failed: nonce too low"},
        {nonce_too_low, "nonce too low: next nonce 7, tx nonce 5"},
        {nonce_too_low, "invalid transaction nonce"},
        {nonce_too_low,
         "call failed: nonce too low: address 0x499fcc2C4a4D0b5C3B2e1D6C1f9D0b1b1b1b1b1b current nonce (833) "
         "> "
         "tx nonce (830)"},
        {nonce_too_low, "Transaction nonce is too low. Try incrementing the nonce."},
        {nonce_too_low, "Nonce too low"},
        {nonce_too_low, "call failed: OldNonce"},
        {nonce_too_low, "submit transaction to pool failed: Pool(Stale)"},
        {nonce_too_low, "transaction already finalized"},
        {replacement_underpriced, "replacement transaction underpriced"},
        {replacement_underpriced, "call failed: replacement transaction underpriced"},
        {replacement_underpriced, "there is another tx which has the same nonce in the tx pool"},
        {replacement_underpriced, "Replacement transaction underpriced"},
        {replacement_underpriced,
         "Transaction gas price 100wei is too low. There is another transaction with same nonce in the queue "
         "with gas price "
         "150wei. Try increasing the gas price or incrementing the nonce."},
        {accepted, "known transaction"},
        {accepted, "already known"},
        {accepted, "call failed: Already Known"},
        {accepted, "block already known"},
        {accepted, "Known transaction (7f65)"},
        {accepted, "Known transaction"},
        {accepted, "Transaction with the same hash was already imported."},
        {accepted, "call failed: AlreadyKnown"},
        {accepted, "call failed: OwnNonceAlreadyUsed"},
        {accepted, "submit transaction to pool failed: Pool(AlreadyImported)"},
        {accepted, "transaction already imported"},
        {terminally_underpriced, "transaction underpriced"},
        {terminally_underpriced, "call failed: transaction underpriced"},
        {terminally_underpriced, "transaction underpriced: gas tip cap 0, minimum needed 1000000"},
        {terminally_underpriced, "Gas price below configured minimum gas price"},
        {terminally_underpriced,
         "Transaction gas price is too low. It does not satisfy your node's minimal gas price (minimal: 100 "
         "got: 50). Try "
         "increasing the gas price."},
        {terminally_underpriced, "gas price too low"},
        {terminally_underpriced, "call failed: FeeTooLow"},
        {terminally_underpriced, "FeeTooLowToCompete"},
        {temporary,
         "There are too many transactions in the queue. Your transaction was dropped due to limit. Try "
         "increasing "
         "the fee."},
        {temporary, "call failed: txpool is full"},
        {insufficient_eth, "insufficient funds for transfer"},
        {insufficient_eth, "insufficient funds for gas * price + value"},
        {insufficient_eth, "insufficient funds for gas * price + value: balance 0, tx cost 21000000000000"},
        {insufficient_eth, "call failed: insufficient balance for transfer"},
        {insufficient_eth, "not enough funds for gas"},
        {insufficient_eth, "Upfront cost exceeds account balance"},
        {insufficient_eth,
         "Insufficient funds. The account you tried to send transaction from does not have enough funds. "
         "Required 100 and "
         "got: 50."},
        {insufficient_eth, "Insufficient balance for transaction. Balance=100.25, Cost=200.50"},
        {insufficient_eth,
         "call failed: InsufficientFunds, Account balance: 4740799397601480913, cumulative cost: "
         "22019342038993800000"},
        {insufficient_eth, "call failed: InsufficientFunds"},
        {temporary, "tx fee (1.10 ether) exceeds the configured cap (1.00 ether)"},
        {temporary, "Transaction fee cap exceeded"},
        {temporary, "invalid gas fee cap"},
        {temporary, "max fee per gas higher than max priority fee per gas"},
        {temporary, "max fee per gas less than block base fee: address 0x1, maxFeePerGas: 10 baseFee: 20"},
        {temporary, "fee too low: 99, use at least tx.gasLimit = 100 and tx.gasPrice = 1"},
        {temporary, "gas price too low: 18000000000 wei, use at least tx.gasPrice = 19500000000 wei"},
        {temporary, "fee too high: 5, use less than 3 * 1.5"},
        {temporary, "queue full"},
        {temporary, "sequencer pending tx pool full, please try again"},
        {temporary,
         "nonce too high: address 0x336394A3219e71D9d9bd18201d34E95C1Bb7122C, tx: 8089 state: 8090"},
        {temporary, "call failed: nonce too high"},
        {fatal, "exceeds block gas limit"},
        {fatal, "invalid sender"},
        {fatal, "negative value"},
        {fatal, "oversized data"},
        {fatal, "oversized data: transaction size 200000, limit 131072"},
        {fatal, "gas uint64 overflow"},
        {fatal, "call failed: intrinsic gas too low"},
        {fatal, "intrinsic gas too low: gas 21000, minimum needed 53000"},
        {fatal, "invalid message format"},
        {fatal, "forbidden sender address"},
        {fatal, "execution reverted: stale report"},
        {fatal, "call failed: execution reverted"},
        {fatal, "Intrinsic gas exceeds gas limit"},
        {fatal, "Transaction gas limit exceeds block gas limit"},
        {fatal, "Invalid signature"},
        {fatal,
         "Transaction gas is too low. There is not enough gas to cover minimal cost of the transaction "
         "(minimal: 100 "
         "got: 50). Try increasing supplied gas."},
        {fatal,
         "Transaction cost exceeds current gas limit. Limit: 50 got: 100. Try decreasing supplied gas."},
        {fatal, "Invalid signature: some old guff"},
        {fatal, "Recipient is banned in local queue."},
        {fatal, "Sender is banned in local queue."},
        {fatal, "Code is banned in local queue."},
        {fatal, "Supplied gas is beyond limit."},
        {fatal, "Transaction is not permitted."},
        {fatal, "Transaction is too big, see chain specification for the limit."},
        {fatal, "Invalid RLP data: some old guff"},
        {fatal, "call failed: SenderIsContract"},
        {fatal, "call failed: Invalid"},
        {fatal, "call failed: Int256Overflow"},
        {fatal, "call failed: FailedToResolveSender"},
        {fatal, "call failed: GasLimitExceeded"},
        {fatal, "invalid shard"},
        {fatal, "`from` address of transaction in blacklist"},
        {unknown, "tx dropped due to L2 congestion"},
        {unknown, ""},
        {unknown, "header not found"},
        {unknown, "client error nonce too low, honestly"},
        {unknown, "some old bollocks"},
    };
    return all;
}

TEST(SendError, MeansWhatTheClientsMean) {
    for (const auto& one : cases()) {
        EXPECT_EQ(classify_send_error(one.text), one.outcome) << one.text;
    }
}

TEST(SendError, TextsOfAnyLengthAreLookedAt) {
    const std::string endless = "Transaction gas price " + std::string(5'000'000, '1') + "is too low.";
    EXPECT_EQ(classify_send_error(endless), unknown);
    EXPECT_EQ(classify_send_error("already known " + std::string(5'000'000, '\0')), accepted);
    // The cut must not look like the end of the text.
    const std::string prefix = std::string(1984, 'x') + ": ";
    EXPECT_EQ(classify_send_error(prefix + "invalid sender of that"), unknown);
}

}  // namespace
}  // namespace baton::eth
