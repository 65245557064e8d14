/** The only place where tests touch the Hardhat environment, and where a second chain is made to behave as Hardhat's own. */
import hre from "hardhat";

export * from "@nomicfoundation/hardhat-network-helpers";
export const environment = hre;
export const { artifacts, deployments, ethers, getNamedAccounts, network } = hre;

/**
 * Hardhat's chain answers once a transaction is mined, and no two of its blocks have the same time. Anvil mines a little later
 * unless it is asked to wait, and goes by the clock unless blocks have an interval, beside which it knows no leaps of time. Two
 * transactions of an account that reach it at once may get one nonce, of which it refuses the second.
 */
function adaptAnvil({ provider }: typeof network) {
  const send = provider.send.bind(provider);
  let automine = true;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = last.then(task, task);
    last = turn;
    return turn;
  };
  const ready = send("anvil_setBlockTimestampInterval", [1]);
  provider.send = async (method: string, params: unknown[] = []) => {
    await ready;
    if (method === "evm_setAutomine") automine = Boolean(params[0]);
    if (method === "eth_sendTransaction") {
      if (!automine) return inTurn(() => send(method, params));
      const receipt = await inTurn(() => send("eth_sendTransactionSync", params));
      return (receipt as { transactionHash: string }).transactionHash;
    }
    if (method === "evm_increaseTime") {
      const latest = (await send("eth_getBlockByNumber", ["latest", false])) as { timestamp: string };
      return send("evm_setNextBlockTimestamp", [
        ethers.toQuantity(BigInt(latest.timestamp) + BigInt(params[0] as string)),
      ]);
    }
    return send(method, params);
  };
  provider.request = ({ method, params }) => provider.send(method, params as unknown[]);
}

if (network.name === "anvil") adaptAnvil(network);
