import { MaxUint256, parseEther, parseUnits, type Addressable, type Signer } from "ethers";
import { assignFunctions, grantRole } from "../../deploy/lib/access";
import { directDeployer } from "../../deploy/lib/deployer";
import {
  createPool,
  deployFactory,
  deployFund,
  deployLens,
  deployManager,
  deploySocializer,
} from "../../deploy/lib/protocol";
import { fundTerms, poolTerms, type FundTerms, type PoolTerms } from "../../deploy/lib/terms";
import type { InsuranceFund, LendingPool, MockERC20, WeirdERC20 } from "../../typechain-types";
import type { PoolParamsStruct } from "../../typechain-types/contracts/PoolFactory";
import { artifacts, ethers, impersonateAccount, setBalance, time } from "./hre";

export interface ProtocolOptions {
  /** Default 6. */
  assetDecimals?: number;
  /** Default 18. */
  collateralDecimals?: number;
  /** Loan tokens per collateral token; default "2000". */
  price?: string;
  /** Changes to the default terms of the pool. */
  pool?: Partial<PoolTerms>;
  /** Changes to the default terms of the fund. */
  fundTerms?: Partial<FundTerms>;
  /** Whether the loan asset is a `WeirdERC20`, with no quirk switched on; default false. */
  weirdAsset?: boolean;
  /** As `weirdAsset`, of the collateral. */
  weirdCollateral?: boolean;
  /** Whether the pool names the fund; default true. Its coverage limit is 0 until `grantCoverage`. */
  fund?: boolean;
}

/** Test accounts by what they do. The first four are the named accounts of a deployment. */
async function getActors() {
  const signers = await ethers.getSigners();
  const [deployer, governor, guardian, treasury] = signers;
  const [lender, lender2, lender3, borrower, borrower2, borrower3] = signers.slice(4);
  const [liquidator, staker, staker2, operator, stranger] = signers.slice(10);
  return {
    deployer,
    governor,
    guardian,
    treasury,
    lender,
    lender2,
    lender3,
    borrower,
    borrower2,
    borrower3,
    liquidator,
    staker,
    staker2,
    operator,
    stranger,
  };
}

/** A contract as the sender of transactions. */
export async function signerOf(contract: Addressable) {
  const address = await contract.getAddress();
  await impersonateAccount(address);
  await setBalance(address, parseEther("10"));
  return ethers.getSigner(address);
}

/** What the two mock tokens share. */
type Token = MockERC20 | WeirdERC20;

export type Protocol = Awaited<ReturnType<typeof deployProtocol>>;

/**
 * The whole protocol with mock tokens, a mock oracle and one pool. The governor has ADMIN and RISK, the guardian GUARDIAN, all
 * without delay; the deployer stays ADMIN. For `loadFixture`, wrap it in a named function.
 */
export async function deployProtocol(options: ProtocolOptions = {}) {
  const { assetDecimals = 6, collateralDecimals = 18, price = "2000", fund: funded = true } = options;
  const actors = await getActors();
  const d = directDeployer(actors.deployer, artifacts);

  const asset: Token = options.weirdAsset
    ? await ethers.deployContract("WeirdERC20", [assetDecimals])
    : await ethers.deployContract("MockERC20", ["Dollar", "USD", assetDecimals]);
  const collateral: Token = options.weirdCollateral
    ? await ethers.deployContract("WeirdERC20", [collateralDecimals])
    : await ethers.deployContract("MockERC20", ["Ether", "ETH", collateralDecimals]);
  const priceUnits = (value: string) => parseUnits(value, 36 + assetDecimals - collateralDecimals);
  const oracle = await ethers.deployContract("MockOracle", [priceUnits(price)]);

  const manager = await deployManager(d);
  const factory = await deployFactory(d, await manager.getAddress());
  const socializer = await deploySocializer(d, await factory.getAddress());
  const fundParams = {
    asset: await asset.getAddress(),
    socializer: await socializer.getAddress(),
    factory: await factory.getAddress(),
    ...fundTerms(assetDecimals),
    ...options.fundTerms,
  };
  const fund = await deployFund(d, fundParams, await manager.getAddress());
  const lens = await deployLens(d);
  await assignFunctions(manager, factory, fund);
  await grantRole(manager, "ADMIN", actors.governor.address, 0n);
  await grantRole(manager, "RISK", actors.governor.address, 0n);
  await grantRole(manager, "GUARDIAN", actors.guardian.address, 0n);

  const params: PoolParamsStruct = {
    asset: fundParams.asset,
    collateralAsset: await collateral.getAddress(),
    oracle: await oracle.getAddress(),
    fund: funded ? await fund.getAddress() : ethers.ZeroAddress,
    socializer: fundParams.socializer,
    ...poolTerms(assetDecimals),
    ...options.pool,
  };
  const pool = await createPool(factory, params);

  return {
    ...actors,
    manager,
    factory,
    socializer,
    fund,
    lens,
    oracle,
    asset,
    collateral,
    pool,
    /** Parameters of `pool`. */
    params,
    /** Parameters of `fund`. */
    fundParams,

    /** Loan asset units of `value` tokens. */
    assets: (value: string) => parseUnits(value, assetDecimals),
    /** Collateral units of `value` tokens. */
    collaterals: (value: string) => parseUnits(value, collateralDecimals),
    /** Oracle price of `value` loan tokens per collateral token. */
    priceUnits,
    setPrice: async (value: string) => void (await oracle.setPrice(priceUnits(value))),

    /** Another pool of the same factory, with `changes` to the parameters of the first. */
    createPool: (changes: Partial<PoolParamsStruct> = {}) => createPool(factory, { ...params, ...changes }),
    supply: (account: Signer, amount: bigint, into: LendingPool | InsuranceFund = pool) =>
      supply(asset, account, amount, into),
    /** Deposits `amount` of the loan asset into the fund. */
    stake: (account: Signer, amount: bigint) => supply(asset, account, amount, fund),
    /** Supplies `collateralAmount` and borrows `debt`. */
    openPosition: async (account: Signer, collateralAmount: bigint, debt: bigint, from: LendingPool = pool) => {
      const owner = await account.getAddress();
      await provide(collateral, account, collateralAmount, from);
      await from.connect(account).supplyCollateral(collateralAmount, owner);
      await from.connect(account).borrow(debt, owner, owner);
    },
    /** Gives the account loan assets and lets `spender` (default the pool) take any amount of them. */
    provideAssets: (account: Signer, amount: bigint, spender: Addressable = pool) =>
      provide(asset, account, amount, spender),
    /** Gives the account collateral and lets `spender` (default the pool) take any amount of it. */
    provideCollateral: (account: Signer, amount: bigint, spender: Addressable = pool) =>
      provide(collateral, account, amount, spender),
    /** Sets a pool's coverage limit and waits until it is in force. */
    grantCoverage: async (limit: bigint, of: LendingPool = pool) => {
      await fund.connect(actors.governor).setCoverageLimit(of, limit);
      await time.increase(BigInt(fundParams.cooldown) + BigInt(fundParams.window));
    },
  };
}

async function provide(token: Token, account: Signer, amount: bigint, spender: Addressable) {
  await token.mint(account, amount);
  await token.connect(account).approve(spender, MaxUint256);
}

async function supply(token: Token, account: Signer, amount: bigint, into: LendingPool | InsuranceFund) {
  await provide(token, account, amount, into);
  await into.connect(account).deposit(amount, account);
}
