import { expect } from "chai";
import { MaxUint256, ZeroAddress, dataLength, dataSlice, keccak256, parseEther } from "ethers";
import type { PoolParamsStruct } from "../../typechain-types/contracts/PoolFactory";
import { grantRole, ROLES } from "../../deploy/lib/access";
import { directDeployer } from "../../deploy/lib/deployer";
import { deployFactory, deployFund, deploySocializer } from "../../deploy/lib/protocol";
import { LendingPool__factory } from "../../typechain-types";
import { artifacts, ethers, loadFixture, time } from "../helpers/hre";
import { readStorage } from "../helpers/layout";
import { OracleMode } from "../helpers/oracle";
import { DAY } from "../helpers/pool";
import { deployProtocol } from "../helpers/protocol";

async function fixture() {
  return deployProtocol();
}

describe("PoolFactory", () => {
  describe("creation of a pool", () => {
    it("registers it, with the parameters given", async () => {
      const p = await loadFixture(fixture);
      expect(await p.factory.isPool(p.stranger)).to.equal(false);
      const changes = { name: "Other", symbol: "OTH", lltv: parseEther("0.5") };
      const address = await p.factory.connect(p.stranger).createPool.staticCall({ ...p.params, ...changes });
      await expect(p.factory.connect(p.stranger).createPool({ ...p.params, ...changes }))
        .to.emit(p.factory, "PoolCreated")
        .withArgs(address, p.params.asset, p.params.collateralAsset, Object.values({ ...p.params, ...changes }));
      expect(await p.factory.isPool(address)).to.equal(true);
      expect(await p.factory.poolCount()).to.equal(2n);

      const pool = LendingPool__factory.connect(address, p.deployer);
      const names = ["asset", "collateralAsset", "oracle", "fund", "socializer"] as const;
      for (const name of names) expect(await pool[name]()).to.equal(p.params[name]);
      const terms = ["minIncentive", "writeDownIncentive", "maxIncentive", "targetHealth", "minDebt", "dust"] as const;
      for (const name of terms) expect(await pool[name]()).to.equal(p.params[name]);
      expect(await pool.vesting()).to.equal(p.params.vesting);
      expect(await pool.lltv()).to.equal(parseEther("0.5"));
      expect(await pool.factory()).to.equal(await p.factory.getAddress());
      expect([await pool.name(), await pool.symbol(), await pool.decimals()]).to.deep.equal(["Other", "OTH", 9n]);
      const { rateAtTarget, supplyCap, index, premium, paused } = await pool.state();
      expect([rateAtTarget, supplyCap, index, premium, paused]).to.deep.equal([
        p.params.rateAtTarget,
        p.params.supplyCap,
        10n ** 18n,
        0n,
        false,
      ]);
      // the twin alone is no pool
      expect(await p.factory.isPool(await pool.twin())).to.equal(false);
    });

    it("lists pools in the order of creation, in pages", async () => {
      const p = await loadFixture(fixture);
      const list = [await p.pool.getAddress()];
      for (let i = 0; i < 3; i++) list.push(await (await p.createPool()).getAddress());
      expect(await p.factory.poolsOf(0, 10)).to.deep.equal(list);
      expect(await p.factory.poolsOf(1, 2)).to.deep.equal(list.slice(1, 3));
      expect(await p.factory.poolsOf(3, MaxUint256)).to.deep.equal(list.slice(3));
      expect(await p.factory.poolsOf(4, 1)).to.deep.equal([]);
      expect(await p.factory.poolsOf(MaxUint256, MaxUint256)).to.deep.equal([]);
      expect(await p.factory.poolsOf(0, 0)).to.deep.equal([]);
    });

    it("initialises the lowest ticks where the price is next to nothing", async () => {
      const p = await loadFixture(fixture);
      const oracle = await ethers.deployContract("MockOracle", [1n]);
      const pool = await p.createPool({ oracle: await oracle.getAddress() });
      const initialised = (tick: bigint) => readStorage(pool, "LendingPool", ["_ticks", tick, "initialised"]);
      expect([await initialised(1n), await initialised(100n)]).to.deep.equal([1n, 0n]);
    });

    it("needs no fund", async () => {
      const p = await loadFixture(fixture);
      const pool = await p.createPool({ fund: ZeroAddress });
      expect(await pool.fund()).to.equal(ZeroAddress);
    });

    const wad = parseEther;
    const bounds: [keyof PoolParamsStruct, bigint, bigint, Partial<PoolParamsStruct>?][] = [
      ["lltv", wad("0.01"), wad("0.984"), { maxIncentive: wad("0.005"), writeDownIncentive: 0n, minIncentive: 0n }],
      ["maxIncentive", wad("0.02"), wad("0.5"), { lltv: wad("0.5") }],
      ["writeDownIncentive", wad("0.005"), wad("0.05")],
      ["minIncentive", 0n, wad("0.02")],
      ["targetHealth", wad("1"), wad("10")],
      ["minDebt", 50_000_000n, 2n ** 96n - 1n],
      ["dust", 0n, 100_000_000n],
      ["vesting", 3_600n, 365n * DAY],
      ["rateAtTarget", wad("0.001"), wad("2")],
    ];
    for (const [name, min, max, others] of bounds) {
      it(`bounds ${name}`, async () => {
        const p = await loadFixture(fixture);
        for (const value of [min, max])
          await p.factory.createPool.staticCall({ ...p.params, ...others, [name]: value });
        const beyond = [max + 1n, ...(min === 0n ? [] : [min - 1n])];
        for (const value of beyond) {
          await expect(
            p.factory.createPool({ ...p.params, ...others, [name]: value }),
            `${value}`,
          ).to.be.revertedWithCustomError(p.factory, "OutOfBounds");
        }
      });
    }

    it("says what is out of which bounds", async () => {
      const p = await loadFixture(fixture);
      const refuse = async (changes: Partial<PoolParamsStruct>, ...args: unknown[]) =>
        expect(p.factory.createPool({ ...p.params, ...changes }))
          .to.be.revertedWithCustomError(p.factory, "OutOfBounds")
          .withArgs(...args);
      await refuse({ minDebt: 0n, dust: 0n }, "minDebt", 0n, 1n, 2n ** 96n - 1n);
      await refuse({ minIncentive: wad("0.021") }, "minIncentive", wad("0.021"), 0n, wad("0.02"));
      await refuse({ dust: 100_000_001n }, "dust", 100_000_001n, 0n, 100_000_000n);
    });

    it("refuses incentives that the collateral cannot pay: LLTV · (1 + i) reaches 1", async () => {
      const p = await loadFixture(fixture);
      const terms = { ...p.params, lltv: wad("0.8") };
      await p.factory.createPool.staticCall({ ...terms, maxIncentive: wad("0.25") - 2n });
      await expect(p.factory.createPool({ ...terms, maxIncentive: wad("0.25") }))
        .to.be.revertedWithCustomError(p.factory, "OutOfBounds")
        .withArgs("lltv * (1 + maxIncentive)", wad("1"), 0n, wad("1") - 1n);
    });

    it("caps what no field can hold", async () => {
      const p = await loadFixture(fixture);
      const pool = await p.createPool({ supplyCap: MaxUint256 });
      expect((await pool.state()).supplyCap).to.equal((2n ** 40n - 1n) * 10n ** 6n);
    });

    for (const name of ["asset", "collateralAsset", "oracle", "socializer", "fund"] as const) {
      it(`refuses a ${name} without code`, async () => {
        const p = await loadFixture(fixture);
        await expect(p.factory.createPool({ ...p.params, [name]: p.stranger.address }))
          .to.be.revertedWithCustomError(p.factory, "NotAContract")
          .withArgs(name, p.stranger.address);
      });
    }

    it("refuses assets that it cannot work with", async () => {
      const p = await loadFixture(fixture);
      const refuse = async (changes: Partial<PoolParamsStruct>, token: unknown) =>
        expect(p.factory.createPool({ ...p.params, ...changes }))
          .to.be.revertedWithCustomError(p.factory, "InvalidAsset")
          .withArgs(token);
      const { asset } = p.params;
      await refuse({ collateralAsset: asset }, asset);
      // no decimals
      const oracle = await p.oracle.getAddress();
      await refuse({ collateralAsset: oracle }, oracle);
      // shares of its own pools and funds, also of those that no pool names
      const other = await deployFund(directDeployer(p.deployer, artifacts), p.fundParams, await p.manager.getAddress());
      for (const share of [p.pool, p.fund, other, p.socializer]) {
        const token = await share.getAddress();
        await refuse({ asset: token }, token);
        await refuse({ collateralAsset: token }, token);
      }
    });

    it("takes tokens with 0 to 30 decimals", async () => {
      const p = await loadFixture(fixture);
      const token = async (decimals: number) =>
        (await ethers.deployContract("MockERC20", ["T", "T", decimals])).getAddress();
      for (const decimals of [0, 30]) {
        await p.factory.createPool.staticCall({ ...p.params, collateralAsset: await token(decimals) });
      }
      await expect(p.factory.createPool({ ...p.params, collateralAsset: await token(31) }))
        .to.be.revertedWithCustomError(p.factory, "OutOfBounds")
        .withArgs("decimals", 31, 0, 30);
    });

    it("refuses an oracle that does not answer, with its own error", async () => {
      const p = await loadFixture(fixture);
      await p.oracle.setMode(OracleMode.Revert);
      await expect(p.createPool()).to.be.revertedWithCustomError(p.oracle, "OracleBroken");
    });

    it("refuses a fund or a socializer of somebody else", async () => {
      const p = await loadFixture(fixture);
      const d = directDeployer(p.deployer, artifacts);
      const manager = await p.manager.getAddress();
      const foreign = await deployFactory(d, manager);
      const socializer = await (await deploySocializer(d, await foreign.getAddress())).getAddress();
      await expect(p.createPool({ socializer }))
        .to.be.revertedWithCustomError(p.factory, "Mismatch")
        .withArgs("socializer", socializer);
      const second = await (await deploySocializer(d, await p.factory.getAddress())).getAddress();
      const token = await (await ethers.deployContract("MockERC20", ["T", "T", 6])).getAddress();
      for (const changes of [{ factory: await foreign.getAddress() }, { socializer: second }, { asset: token }]) {
        const fund = await (await deployFund(d, { ...p.fundParams, ...changes }, manager)).getAddress();
        await expect(p.createPool({ fund }))
          .to.be.revertedWithCustomError(p.factory, "Mismatch")
          .withArgs("fund", fund);
      }
    });
  });

  describe("its code", () => {
    async function stores() {
      const p = await loadFixture(fixture);
      const { bytecode: pool } = await artifacts.readArtifact("LendingPool");
      const { bytecode: twin } = await artifacts.readArtifact("PoolTwin");
      const half = Math.ceil(dataLength(pool) / 2);
      const store = (data: string) => ethers.deployContract("CodeStore", [data]);
      const [head, tail, twinCode] = [
        await store(dataSlice(pool, 0, half)),
        await store(dataSlice(pool, half)),
        await store(twin),
      ];
      return { p, head, tail, twinCode, poolHash: keccak256(pool), twinHash: keccak256(twin), store };
    }

    it("is what the hashes say, in its order", async () => {
      const { p, head, tail, twinCode, poolHash, twinHash } = await stores();
      await ethers.deployContract("PoolFactory", [p.manager, head, tail, twinCode, poolHash, twinHash]);
      await expect(ethers.deployContract("PoolFactory", [p.manager, tail, head, twinCode, poolHash, twinHash]))
        .to.be.revertedWithCustomError(p.factory, "InvalidCode")
        .withArgs(poolHash);
      await expect(ethers.deployContract("PoolFactory", [p.manager, head, tail, head, poolHash, twinHash]))
        .to.be.revertedWithCustomError(p.factory, "InvalidCode")
        .withArgs(twinHash);
    });

    it("lies in contracts, as the manager does", async () => {
      const { p, head, tail, twinCode, poolHash, twinHash, store } = await stores();
      const empty = await store("0x");
      for (const missing of [p.stranger.address, await empty.getAddress()]) {
        await expect(ethers.deployContract("PoolFactory", [p.manager, head, missing, twinCode, poolHash, twinHash]))
          .to.be.revertedWithCustomError(p.factory, "NotAContract")
          .withArgs("store", missing);
      }
      await expect(ethers.deployContract("PoolFactory", [p.stranger, head, tail, twinCode, poolHash, twinHash]))
        .to.be.revertedWithCustomError(p.factory, "NotAContract")
        .withArgs("manager", p.stranger.address);
    });

    it("that cannot be created is refused", async () => {
      const { p, store } = await stores();
      const broken = await store("0xfe"); // INVALID
      const half = await store("0x00");
      const hashes = [keccak256("0x0000"), keccak256("0xfe")];
      const factory = await ethers.deployContract("PoolFactory", [p.manager, half, half, broken, ...hashes] as never);
      const d = directDeployer(p.deployer, artifacts);
      const socializer = await (await deploySocializer(d, await factory.getAddress())).getAddress();
      await expect(factory.createPool({ ...p.params, fund: ZeroAddress, socializer })).to.be.revertedWithCustomError(
        factory,
        "CreationFailed",
      );
    });
  });

  describe("governance", () => {
    const calls = (p: Awaited<ReturnType<typeof fixture>>, as: typeof p.governor, pool: string) => ({
      setSupplyCap: () => p.factory.connect(as).setSupplyCap(pool, 5),
      pause: () => p.factory.connect(as).pause(pool),
      unpause: () => p.factory.connect(as).unpause(pool),
    });

    it("is for the risk and guardian roles alone", async () => {
      const p = await loadFixture(fixture);
      const pool = await p.pool.getAddress();
      for (const [who, may] of [
        [p.governor, ["setSupplyCap", "unpause"]],
        [p.guardian, ["pause"]],
        [p.stranger, []],
        [p.deployer, []],
      ] as const) {
        for (const [name, call] of Object.entries(calls(p, who, pool))) {
          if ((may as readonly string[]).includes(name)) await call();
          else {
            await expect(call(), `${name} by ${who.address}`)
              .to.be.revertedWithCustomError(p.factory, "AccessManagedUnauthorized")
              .withArgs(who.address);
          }
        }
      }
    });

    it("knows registered pools only", async () => {
      const p = await loadFixture(fixture);
      const stranger = p.stranger.address;
      for (const call of [
        calls(p, p.governor, stranger).setSupplyCap,
        calls(p, p.guardian, stranger).pause,
        calls(p, p.governor, stranger).unpause,
      ]) {
        await expect(call()).to.be.revertedWithCustomError(p.factory, "UnknownPool").withArgs(stranger);
      }
    });

    it("reaches a pool through the factory alone", async () => {
      const p = await loadFixture(fixture);
      for (const account of [p.governor, p.guardian, p.deployer]) {
        const pool = p.pool.connect(account);
        for (const call of [
          () => pool.setSupplyCap(1),
          () => pool.setPaused(true),
          () => pool.harvest(0),
          () => pool.creditRecovery(1, 1),
        ]) {
          await expect(call()).to.be.revertedWithCustomError(pool, "Unauthorized").withArgs(account.address);
        }
      }
    });

    it("sets the supply cap, in whole tokens, which binds deposits", async () => {
      const p = await loadFixture(fixture);
      await expect(p.factory.connect(p.governor).setSupplyCap(p.pool, p.assets("1000.9"))).to.emit(
        p.pool,
        "SupplyCapSet",
      );
      expect((await p.pool.state()).supplyCap).to.equal(p.assets("1000"));
      await expect(p.supply(p.lender, p.assets("1001"))).to.be.revertedWithCustomError(p.pool, "SupplyCapExceeded");
      await p.supply(p.lender, p.assets("1000"));
    });

    it("pauses new risk and nothing else", async () => {
      const p = await loadFixture(fixture);
      await p.supply(p.lender, p.assets("10000"));
      await p.openPosition(p.borrower, p.collaterals("2"), p.assets("2000"));
      await p.provideAssets(p.lender, p.assets("1000"));
      await p.provideAssets(p.borrower, p.assets("1000"));
      await p.provideAssets(p.liquidator, p.assets("5000"));
      await expect(p.factory.connect(p.guardian).pause(p.pool)).to.emit(p.pool, "PausedSet").withArgs(true);
      expect((await p.pool.state()).paused).to.equal(true);
      expect([await p.pool.maxDeposit(p.lender), await p.pool.maxMint(p.lender)]).to.deep.equal([0n, 0n]);
      for (const call of [
        () => p.pool.connect(p.lender).deposit(1, p.lender),
        () => p.pool.connect(p.lender).mint(1000, p.lender),
        () => p.pool.connect(p.borrower).borrow(1, p.borrower, p.borrower),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(p.pool, "Paused");
      }
      await p.pool.connect(p.lender).withdraw(p.assets("100"), p.lender, p.lender);
      await p.pool.connect(p.lender).transfer(p.lender2, 1000);
      await p.pool.connect(p.borrower).repay(p.assets("100"), p.borrower);
      await p.provideCollateral(p.borrower, p.collaterals("1"));
      await p.pool.connect(p.borrower).supplyCollateral(p.collaterals("1"), p.borrower);
      await p.pool.connect(p.borrower).withdrawCollateral(p.collaterals("1"), p.borrower, p.borrower);
      await p.setPrice("800");
      await p.pool.writeDown([p.borrower]);
      await p.pool.connect(p.liquidator).liquidate(p.borrower, MaxUint256, 0, "0x");
      await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, p.assets("50"));
      await p.socializer.claim([1], p.lender);
      await p.fund.harvest(p.pool);
      await expect(p.factory.connect(p.governor).unpause(p.pool)).to.emit(p.pool, "PausedSet").withArgs(false);
      await p.pool.connect(p.lender).deposit(p.assets("1"), p.lender);
    });

    it("waits where a role has a delay, and ends with the role", async () => {
      const p = await loadFixture(fixture);
      await grantRole(p.manager, "RISK", p.operator.address, 2n * DAY);
      const factory = p.factory.connect(p.operator);
      const data = p.factory.interface.encodeFunctionData("setSupplyCap", [await p.pool.getAddress(), p.assets("5")]);
      await expect(factory.setSupplyCap(p.pool, p.assets("5"))).to.be.revertedWithCustomError(
        p.manager,
        "AccessManagerNotScheduled",
      );
      await p.manager.connect(p.operator).schedule(p.factory, data, 0);
      await time.increase(DAY);
      await expect(factory.setSupplyCap(p.pool, p.assets("5"))).to.be.revertedWithCustomError(
        p.manager,
        "AccessManagerNotReady",
      );
      await time.increase(DAY);
      await factory.setSupplyCap(p.pool, p.assets("5"));
      expect((await p.pool.state()).supplyCap).to.equal(p.assets("5"));

      await p.manager.connect(p.governor).renounceRole(ROLES.RISK, p.governor);
      await expect(p.factory.connect(p.governor).setSupplyCap(p.pool, 1)).to.be.revertedWithCustomError(
        p.factory,
        "AccessManagedUnauthorized",
      );
    });
  });
});

describe("CodeStore", () => {
  it("holds its data behind a byte that stops", async () => {
    const store = await ethers.deployContract("CodeStore", ["0x600160005260206000f3"]);
    expect(await ethers.provider.getCode(store)).to.equal("0x00600160005260206000f3");
    // called, it does nothing
    const [sender] = await ethers.getSigners();
    expect(await ethers.provider.call({ to: store, from: sender.address })).to.equal("0x");
  });
});
