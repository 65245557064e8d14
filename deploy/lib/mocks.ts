import { parseUnits } from "ethers";
import type { Deployer } from "./deployer";
import type { Market } from "../config";

const FEED_DECIMALS = 8;
/** Dollars per whole token when the chain starts. */
const PRICES = { asset: "1", collateral: "2000" };

/** Tokens that anyone mints and feeds that anyone sets, for chains that have none; always fresh for a day. */
export async function deployMocks(d: Deployer): Promise<Market> {
  const deployFeed = async (name: string, price: string) => ({
    aggregator: await d.deploy(name, "MockAggregator", [FEED_DECIMALS, parseUnits(price, FEED_DECIMALS)]),
    heartbeat: 86_400,
    minAnswer: 0n,
    maxAnswer: 10n ** 18n,
  });
  return {
    asset: await d.deploy("MockAsset", "MockERC20", ["Dollar", "USD", 6]),
    collateral: await d.deploy("MockCollateral", "MockERC20", ["Ether", "ETH", 18]),
    assetFeed: await deployFeed("MockAssetFeed", PRICES.asset),
    collateralFeed: await deployFeed("MockCollateralFeed", PRICES.collateral),
  };
}
