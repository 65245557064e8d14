import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { AbiCoder, Contract, encodeBytes32String, id, MaxUint256, parseUnits, ZeroAddress } from "ethers";
import type { GasChain } from "../scripts/gas/chain";
import type { Market } from "../scripts/gas/operations";
import { LIQUIDATED, loans, PRICES } from "../scripts/gas/scenario";
import { deploy, type Tokens } from "../scripts/gas/tokens";
import { buildAave, type Build } from "./aave-build";

/** As on Aave's own markets for such a pair, in basis points. */
const TERMS = {
  loan: { ltv: 7_500n, threshold: 7_800n, bonus: 10_500n },
  collateral: { ltv: 8_000n, threshold: 8_600n, bonus: 10_500n },
  /** Of the liquidation bonus. */
  protocolFee: 1_000n,
  reserveFactor: 1_000n,
  /** In whole tokens: far away, but checked. */
  cap: 100_000_000n,
  rates: [9_000n, 0n, 400n, 6_000n],
};

const VARIABLE_RATE = 2n;
const ORACLE_DECIMALS = 8;

/** What the umbrella holds to cover deficits with. */
const UMBRELLA_STAKE = loans(100_000);

/** Aave v3.6 with two reserves, and what every market of it has: rewards, caps, a reserve factor, a liquidation fee. */
export async function deployAave(chain: GasChain, tokens: Tokens): Promise<Market> {
  const deployer = chain.person("deployer");
  const umbrella = chain.person("umbrella");
  const build = buildAave();
  const create = creator(build, deployer);
  const at = (name: string, address: string) => new Contract(address, build[name].abi, deployer);

  const provider = at("PoolAddressesProvider", await create("PoolAddressesProvider", "bench", deployer.address));
  const registry = await provider.getAddress();
  await provider.setACLAdmin(deployer.address);
  const roles = at("ACLManager", await create("ACLManager", registry));
  await provider.setACLManager(roles);
  await roles.addPoolAdmin(deployer.address);

  const feedOf = (price: number) => create("MockAggregator", parseUnits(String(price), ORACLE_DECIMALS));
  const assets = [tokens.loan, tokens.collateral];
  const feeds = [await feedOf(1), await feedOf(PRICES.start)];
  const unit = 10n ** BigInt(ORACLE_DECIMALS);
  const oracle = at("AaveOracle", await create("AaveOracle", registry, assets, feeds, ZeroAddress, ZeroAddress, unit));
  await provider.setPriceOracle(oracle);

  const strategy = await create("DefaultReserveInterestRateStrategyV2", registry);
  await provider.setPoolImpl(await create("PoolInstance", registry, strategy));
  const spender = (await provider.getPool()) as string;
  const pool = at("PoolInstance", spender);
  await provider.setPoolConfiguratorImpl(await create("PoolConfiguratorInstance"));
  const configurator = at("PoolConfiguratorInstance", (await provider.getPoolConfigurator()) as string);

  const rewardsId = id("INCENTIVES_CONTROLLER");
  await provider.setAddressAsProxy(rewardsId, await create("RewardsController", deployer.address));
  const rewards = (await provider.getFunction("getAddress(bytes32)")(rewardsId)) as string;
  const implementations = {
    aTokenImpl: await create("ATokenInstance", spender, rewards, chain.person("treasury").address),
    variableDebtTokenImpl: await create("VariableDebtTokenInstance", spender, rewards),
  };
  for (const [asset, symbol, terms] of [
    [tokens.loan, "USD", TERMS.loan],
    [tokens.collateral, "ETH", TERMS.collateral],
  ] as const) {
    await configurator.initReserves([
      {
        ...implementations,
        underlyingAsset: asset,
        aTokenName: `a${symbol}`,
        aTokenSymbol: `a${symbol}`,
        variableDebtTokenName: `v${symbol}`,
        variableDebtTokenSymbol: `v${symbol}`,
        params: "0x",
        interestRateData: AbiCoder.defaultAbiCoder().encode(["uint16", "uint32", "uint32", "uint32"], TERMS.rates),
      },
    ]);
    await configurator.configureReserveAsCollateral(asset, terms.ltv, terms.threshold, terms.bonus);
    await configurator.setReserveFactor(asset, TERMS.reserveFactor);
    await configurator.setSupplyCap(asset, TERMS.cap);
    await configurator.setBorrowCap(asset, TERMS.cap);
  }
  await configurator.setReserveBorrowing(tokens.loan, true);
  await configurator.setLiquidationProtocolFee(tokens.collateral, TERMS.protocolFee);

  const as = (by: HardhatEthersSigner) => pool.connect(by) as Contract;
  const { loan, collateral } = tokens;
  return {
    spender,
    // The pool has no call that only charges interest: the smallest supply does it.
    touch: () => as(chain.person("lender")).supply(loan, loans(1), chain.person("lender"), 0n),
    setPrice: async (price) => oracle.setAssetSources([collateral], [await feedOf(price)]),
    supply: (by, amount) => as(by).supply(loan, amount, by, 0n),
    withdraw: (by, amount) => as(by).withdraw(loan, amount, by),
    withdrawAll: (by) => as(by).withdraw(loan, MaxUint256, by),
    supplyCollateral: (by, amount) => as(by).supply(collateral, amount, by, 0n),
    withdrawCollateral: (by, amount) => as(by).withdraw(collateral, amount, by),
    borrow: (by, amount) => as(by).borrow(loan, amount, VARIABLE_RATE, 0n, by),
    repay: (by, amount) => as(by).repay(loan, amount, VARIABLE_RATE, by),
    repayAll: (by) => as(by).repay(loan, MaxUint256, VARIABLE_RATE, by),
    liquidatePart: (by, borrower) => as(by).liquidationCall(collateral, loan, borrower, LIQUIDATED.repaid, false),
    // The liquidation leaves a deficit; the umbrella eliminates it in a transaction of its own.
    covered: {
      prepare: async () => {
        await tokens.endow(umbrella, spender);
        await provider.setAddress(encodeBytes32String("UMBRELLA"), umbrella.address);
        await as(umbrella).supply(loan, UMBRELLA_STAKE, umbrella, 0n);
      },
      steps: [
        (by, borrower) => as(by).liquidationCall(collateral, loan, borrower, MaxUint256, false),
        async () => as(umbrella).eliminateReserveDeficit(loan, (await pool.getReserveDeficit(loan)) as bigint),
      ],
    },
  };
}

/** Puts contracts of the build on the chain, and before them, once, the libraries that they refer to. */
function creator(build: Build, deployer: HardhatEthersSigner) {
  const libraries = new Map<string, string>();

  const link = async (name: string): Promise<string> => {
    let { bytecode } = build[name];
    for (const { library, start } of build[name].references) {
      if (!libraries.has(library)) libraries.set(library, await create(library));
      const address = libraries.get(library)!.slice(2).toLowerCase();
      bytecode = `${bytecode.slice(0, 2 * start)}${address}${bytecode.slice(2 * start + 40)}`;
    }
    return `0x${bytecode}`;
  };

  const create = async (name: string, ...args: unknown[]): Promise<string> =>
    deploy({ abi: build[name].abi, bytecode: await link(name) }, deployer, ...args);
  return create;
}
