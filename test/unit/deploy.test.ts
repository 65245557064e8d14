import { expect } from "chai";
import { parseUnits, type BaseContract, type ContractTransactionResponse } from "ethers";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { configOf, ConfigError } from "../../deploy/config";
import { assignFunctions, grantsOf, handOver, RESTRICTED, ROLES } from "../../deploy/lib/access";
import { checkDeployment } from "../../deploy/lib/check";
import { contextOf, NotDeployedError } from "../../deploy/lib/context";
import { directDeployer } from "../../deploy/lib/deployer";
import { allSince } from "../../deploy/lib/logs";
import { deployFactory, deployManager, findPool, poolOf } from "../../deploy/lib/protocol";
import type { LendingPool } from "../../typechain-types";
import { artifacts, deployments, environment, ethers, mine, time } from "../helpers/hre";
import { DAY, inOneBlock } from "../helpers/pool";
import { deployProtocol } from "../helpers/protocol";

const ADDRESS = "0x00000000000000000000000000000000000000A1";
const LIVE_ENV = {
  SEPOLIA_RPC_URL: "http://127.0.0.1:1",
  GOVERNOR: ADDRESS,
  GUARDIAN: ADDRESS,
  KEEPER: ADDRESS,
  ASSET: ADDRESS,
  COLLATERAL: ADDRESS,
  ASSET_FEED: `${ADDRESS},86400,90000000,110000000`,
  COLLATERAL_FEED: `${ADDRESS},3600,1000000000,10000000000000`,
};

describe("deployment", () => {
  /** The shipped steps on the in-process chain. */
  async function deployed() {
    await deployments.fixture();
    const context = await contextOf(environment);
    const { accounts, find } = context;
    const [deployer] = await ethers.getSigners();
    return {
      context,
      deployer,
      governor: await ethers.getSigner(accounts.governor),
      guardian: await ethers.getSigner(accounts.guardian),
      treasury: await ethers.getSigner(accounts.treasury),
      keeper: await ethers.getSigner(accounts.keeper),
      manager: await find("AccessManager"),
      factory: await find("PoolFactory"),
      fund: await find("InsuranceFund"),
      pool: await find("Pool"),
    };
  }

  /** What is wrong, as "what: found instead of expected". */
  async function faultsOf(context: Parameters<typeof checkDeployment>[0]) {
    const wrong = (await checkDeployment(context)).filter(({ expected, found }) => expected !== found);
    return wrong.map(({ what, expected, found }) => `${what}: ${found} instead of ${expected}`);
  }

  describe("steps", () => {
    it("make what the configuration says", async () => {
      const { context } = await deployed();
      expect(await faultsOf(context)).to.deep.equal([]);
    });

    it("send nothing when run again", async () => {
      const { pool } = await deployed();
      const [before, addresses] = [await ethers.provider.getBlockNumber(), await addressesOf()];
      await deployments.run(undefined, { resetMemory: false, writeDeploymentsToFiles: false });
      expect(await ethers.provider.getBlockNumber()).to.equal(before);
      expect(await addressesOf()).to.deep.equal(addresses);
      expect(addresses.Pool).to.equal(await pool.getAddress());
    });

    it("send nothing either after governance has changed what it may", async () => {
      const { factory, fund, governor, guardian, manager, pool } = await deployed();
      await factory.connect(governor).setSupplyCap(pool, 0n);
      await fund.connect(governor).setCoverageLimit(pool, 1n);
      await manager.connect(governor).revokeRole(ROLES.GUARDIAN, guardian);
      const before = await ethers.provider.getBlockNumber();
      await deployments.run(undefined, { resetMemory: false, writeDeploymentsToFiles: false });
      expect(await ethers.provider.getBlockNumber()).to.equal(before);
    });

    it("continue where an earlier run stopped", async () => {
      const { context, manager } = await deployed();
      const [lens, administrator] = [await context.find("PoolLens"), await manager.getAddress()];
      await deployments.delete("PoolLens");
      await deployments.run(undefined, { resetMemory: false, writeDeploymentsToFiles: false });
      expect(await (await context.find("PoolLens")).getAddress()).not.to.equal(await lens.getAddress());
      expect(await (await context.find("AccessManager")).getAddress()).to.equal(administrator);
      expect(await faultsOf(await contextOf(environment))).to.deep.equal([]);
    });

    it("find the pool that an earlier run created and could not record", async () => {
      const { factory, pool } = await deployed();
      await deployments.delete("Pool");
      await deployments.run(undefined, { resetMemory: false, writeDeploymentsToFiles: false });
      expect((await deployments.get("Pool")).address).to.equal(await pool.getAddress());
      expect(await factory.poolCount()).to.equal(1n);
    });

    it("take only a pool with exactly their parameters for that", async () => {
      const { createPool, factory, params, pool } = await deployProtocol();
      const changed = { ...params, supplyCap: 1n };
      expect(await findPool(factory, changed, 0)).to.equal(undefined);
      const other = await createPool({ supplyCap: 1n });
      expect(await (await findPool(factory, changed, 0))!.getAddress()).to.equal(await other.getAddress());
      expect(await (await findPool(factory, params, 0))!.getAddress()).to.equal(await pool.getAddress());
    });

    it("know their own pool from one that a stranger creates in the same block", async () => {
      const { factory, params, stranger } = await deployProtocol();
      const gas = { gasLimit: ((await factory.createPool.estimateGas(params)) * 11n) / 10n };
      const sent: ContractTransactionResponse[] = [];
      await inOneBlock(async () => {
        sent.push(await factory.connect(stranger).createPool({ ...params, supplyCap: 1n }, gas));
        sent.push(await factory.createPool(params, gas));
      });
      const pools: LendingPool[] = [];
      for (const transaction of sent) pools.push(await poolOf(factory, (await transaction.wait())!));
      expect((await pools[0].state()).supplyCap).to.equal(0n); // less than a whole token
      expect((await pools[1].state()).supplyCap).to.equal(params.supplyCap);
    });

    it("deploy anew what is recorded of another chain", async () => {
      const { context } = await deployed();
      const { abi, address } = await deployments.get("PoolLens");
      await deployments.save("PoolLens", { abi, address: ADDRESS });
      await deployments.run(undefined, { resetMemory: false, writeDeploymentsToFiles: false });
      expect(await (await context.find("PoolLens")).getAddress()).not.to.be.oneOf([address, ADDRESS]);
    });

    it("leave a pool that lends: prices can be set and tokens minted", async () => {
      const { context, deployer, pool } = await deployed();
      const [asset, collateral, feed] = await Promise.all([
        context.find("MockAsset"),
        context.find("MockCollateral"),
        context.find("MockCollateralFeed"),
      ]);
      await asset.connect(deployer).mint(deployer, parseUnits("1000", 6));
      await asset.connect(deployer).approve(pool, parseUnits("1000", 6));
      await pool.connect(deployer).deposit(parseUnits("1000", 6), deployer);
      await collateral.connect(deployer).mint(deployer, parseUnits("1", 18));
      await collateral.connect(deployer).approve(pool, parseUnits("1", 18));
      await pool.connect(deployer).supplyCollateral(parseUnits("1", 18), deployer);
      await feed.connect(deployer).setAnswer(parseUnits("500", 8));
      const borrow = pool.connect(deployer).borrow;
      await expect(borrow(parseUnits("431", 6), deployer, deployer)).to.be.revertedWithCustomError(pool, "Unhealthy");
      await borrow(parseUnits("429", 6), deployer, deployer);
    });

    it("announce the fund's cover, which is in force after cooldown and window", async () => {
      const { fund, pool } = await deployed();
      const limit = parseUnits("10000000", 6);
      const { limit: now, pendingLimit, effectiveAt } = await fund.coverageOf(pool);
      expect([now, pendingLimit]).to.deep.equal([0n, limit]);
      await time.increaseTo(effectiveAt);
      expect((await fund.coverageOf(pool)).limit).to.equal(limit);
    });
  });

  async function addressesOf() {
    const records = Object.entries(await deployments.all());
    return Object.fromEntries(records.map(([name, { address }]) => [name, address]));
  }

  describe("roles", () => {
    const ACTORS = ["deployer", "governor", "guardian", "treasury", "keeper"] as const;
    const MAY = {
      ADMIN: ["governor"],
      RISK: ["governor"],
      GUARDIAN: ["guardian"],
    } satisfies Record<keyof typeof ROLES, (typeof ACTORS)[number][]>;

    for (const actor of ACTORS) {
      for (const [name, role] of [
        ...Object.entries(RESTRICTED.PoolFactory),
        ...Object.entries(RESTRICTED.InsuranceFund),
      ]) {
        const allowed = (MAY[role] as string[]).includes(actor);
        it(`${actor} ${allowed ? "may" : "may not"} ${name}`, async () => {
          const p = await deployed();
          const contract: BaseContract = name in RESTRICTED.PoolFactory ? p.factory : p.fund;
          const call = contract.connect(p[actor]).getFunction(name);
          const attempt = name.startsWith("set") ? call(p.pool, 1n) : call(p.pool);
          if (allowed) await attempt;
          else await expect(attempt).to.be.revertedWithCustomError(contract, "AccessManagedUnauthorized");
        });
      }

      it(`${actor} ${actor === "governor" ? "may" : "may not"} grant roles`, async () => {
        const { manager, ...p } = await deployed();
        const attempt = manager.connect(p[actor]).grantRole(ROLES.RISK, p[actor], 0);
        if (actor === "governor") await attempt;
        else await expect(attempt).to.be.revertedWithCustomError(manager, "AccessManagerUnauthorizedAccount");
      });
    }

    it("the table holds every restricted function", () => {
      // a contract's layers have files of their own
      const found: string[] = [];
      for (const file of readdirSync("contracts", { recursive: true, encoding: "utf8" })) {
        if (!file.endsWith(".sol")) continue;
        const source = readFileSync(join("contracts", file), "utf8");
        for (const [, name] of source.matchAll(/function (\w+)\([^)]*\)[^{;]*\brestricted\b/g)) found.push(name);
      }
      expect(found).to.have.members(Object.values(RESTRICTED).flatMap((functions) => Object.keys(functions)));
    });

    it("the deployer ends with none", async () => {
      const { deployer, manager } = await deployed();
      for (const role of Object.values(ROLES)) {
        expect((await manager.getAccess(role, deployer)).since).to.equal(0n);
      }
    });

    it("the deployer keeps what the configuration gives it", async () => {
      const [deployer, , guardian] = await ethers.getSigners();
      const manager = await deployManager(directDeployer(deployer, artifacts));
      await handOver(manager, grantsOf({ governor: deployer.address, guardian: guardian.address }, DAY));
      expect(await manager.hasRole(ROLES.ADMIN, deployer)).to.deep.equal([true, DAY]);
      expect(await manager.hasRole(ROLES.RISK, deployer)).to.deep.equal([true, DAY]);
      expect(await manager.hasRole(ROLES.GUARDIAN, deployer)).to.deep.equal([false, 0n]);
    });

    describe("with an execution delay", () => {
      async function delayed() {
        const p = await deployProtocol();
        const d = directDeployer(p.deployer, artifacts);
        const manager = await deployManager(d);
        const factory = await deployFactory(d, await manager.getAddress());
        const { fund: _, socializer: __, ...terms } = p.params;
        const socializer = await ethers.deployContract("BadDebtSocializer", [factory]);
        const params = { ...terms, fund: ethers.ZeroAddress, socializer: await socializer.getAddress() };
        const pool = await factory.createPool.staticCall(params);
        await factory.createPool(params);
        await assignFunctions(manager, factory, p.fund);
        await handOver(manager, grantsOf({ governor: p.governor.address, guardian: p.guardian.address }, 2n * DAY));
        return { ...p, manager, factory, pool };
      }

      it("the guardian pauses at once, the governor's operations wait in public", async () => {
        const { factory, governor, guardian, manager, pool } = await delayed();
        await factory.connect(guardian).pause(pool);
        const data = factory.interface.encodeFunctionData("unpause", [pool]);
        await expect(factory.connect(governor).unpause(pool)).to.be.revertedWithCustomError(
          manager,
          "AccessManagerNotScheduled",
        );
        await manager.connect(governor).schedule(factory, data, 0);
        await expect(manager.connect(governor).execute(factory, data)).to.be.revertedWithCustomError(
          manager,
          "AccessManagerNotReady",
        );
        await time.increase(2n * DAY);
        await factory.connect(governor).unpause(pool);
      });

      it("the governor cannot give itself a role without delay", async () => {
        const { governor, manager } = await delayed();
        for (const role of [ROLES.ADMIN, ROLES.RISK]) {
          await expect(manager.connect(governor).grantRole(role, governor, 0)).to.be.revertedWithCustomError(
            manager,
            "AccessManagerNotScheduled",
          );
        }
      });
    });
  });

  describe("check", () => {
    it("finds a role that the deployer kept", async () => {
      const { context, deployer, governor, manager } = await deployed();
      await manager.connect(governor).grantRole(ROLES.RISK, deployer, 0);
      const [fault, ...others] = await faultsOf(context);
      expect(fault)
        .to.match(/^Role RISK: .* instead of /)
        .and.to.include(deployer.address);
      expect(others).to.deep.equal([]);
    });

    it("finds a role that is missing, one that is about to begin, and a delay that differs", async () => {
      const { context, deployer, governor, guardian, manager } = await deployed();
      await manager.connect(governor).revokeRole(ROLES.GUARDIAN, guardian);
      expect(await faultsOf(context)).to.deep.equal([`Role GUARDIAN: nobody instead of ${guardian.address} after 0 s`]);

      await manager.connect(governor).setGrantDelay(ROLES.GUARDIAN, 10n * DAY);
      await time.increase(5n * DAY);
      await manager.connect(governor).grantRole(ROLES.GUARDIAN, deployer, 0);
      expect((await manager.hasRole(ROLES.GUARDIAN, deployer)).isMember).to.equal(false);
      expect((await faultsOf(context))[0]).to.match(new RegExp(`^Role GUARDIAN: ${deployer.address}`));

      await manager.connect(governor).grantRole(ROLES.RISK, governor, DAY);
      expect(await faultsOf(context)).to.include(
        `Role RISK: ${governor.address} after 86400 s instead of ${governor.address} after 0 s`,
      );
    });

    it("finds who else may grant a role, call a function, or stand in for the manager", async () => {
      const { context, factory, fund, governor, manager } = await deployed();
      const admin = manager.connect(governor);
      await admin.setRoleAdmin(ROLES.RISK, ROLES.GUARDIAN);
      const { selector } = fund.interface.getFunction("setCoverageLimit");
      await admin.setTargetFunctionRole(fund, [selector], ROLES.GUARDIAN);
      const other = await ethers.deployContract("AccessManager", [governor]);
      await admin.updateAuthority(factory, other);
      expect(await faultsOf(context)).to.deep.equal([
        `PoolFactory authority: ${await other.getAddress()} instead of ${await manager.getAddress()}`,
        "Role RISK is granted by: GUARDIAN instead of ADMIN",
        "InsuranceFund.setCoverageLimit is for: GUARDIAN instead of RISK",
      ]);
    });

    it("finds a supply cap and a coverage limit that differ", async () => {
      const { context, factory, fund, governor, pool } = await deployed();
      await factory.connect(governor).setSupplyCap(pool, parseUnits("7", 6));
      await fund.connect(governor).setCoverageLimit(pool, parseUnits("8", 6));
      expect(await faultsOf(context)).to.deep.equal([
        "Pool.supplyCap: 7000000 instead of 100000000000000",
        "InsuranceFund coverage limit: 8000000 instead of 10000000000000",
      ]);
    });

    it("finds parameters and feeds that differ", async () => {
      const { context } = await deployed();
      const { aggregator } = (await (await context.find("ChainlinkOracle")).config()).base1;
      const feed = { aggregator, heartbeat: 86_400, minAnswer: 5n, maxAnswer: 10n ** 18n };
      const market = {
        asset: await (await context.find("MockAsset")).getAddress(),
        collateral: await (await context.find("MockCollateral")).getAddress(),
        assetFeed: { ...feed, aggregator: await (await context.find("MockAssetFeed")).getAddress(), minAnswer: 0n },
        collateralFeed: feed,
      };
      const fund = (decimals: number) => ({ ...context.config.fund(decimals), cooldown: DAY });
      expect(await faultsOf({ ...context, config: { ...context.config, market, fund } })).to.deep.equal([
        "ChainlinkOracle.base1.minAnswer: 0 instead of 5",
        `InsuranceFund.cooldown: ${14n * DAY} instead of ${DAY}`,
      ]);
    });

    it("finds code that is not the repository's, and a record that is not its transaction's", async () => {
      const { context } = await deployed();
      const readArtifact = async (name: string) => {
        const artifact = await artifacts.readArtifact(name);
        return name === "PoolTwin" ? { ...artifact, bytecode: `${artifact.bytecode}00` } : artifact;
      };
      const changed = await faultsOf({ ...context, artifacts: { readArtifact } });
      expect(changed.map((fault) => fault.split(":")[0])).to.deep.equal(["PoolTwinCode.data", "PoolFactory.twinHash"]);

      const { address } = await context.recordOf("PoolFactory");
      const recordOf: typeof context.recordOf = async (name) => {
        const record = await context.recordOf(name);
        return name === "PoolLens" ? { ...record, address } : record;
      };
      expect((await faultsOf({ ...context, recordOf })).map((fault) => fault.split(":")[0])).to.deep.equal([
        "PoolLens code",
      ]);
    });

    it("reads logs in parts where the node refuses many blocks at once", async () => {
      await mine(100);
      const latest = await ethers.provider.getBlockNumber();
      const asked: number[][] = [];
      const found = await allSince(ethers.provider, 7, async (from, to) => {
        if (to - from >= 10) throw new Error("block range too large");
        asked.push([from, to]);
        return Array.from({ length: to - from + 1 }, (_, i) => from + i);
      });
      expect(found).to.deep.equal(Array.from({ length: latest - 6 }, (_, i) => 7 + i));
      expect(asked.length).to.be.greaterThan(10);
      await expect(
        allSince(ethers.provider, 0, async (from) => {
          asked.push([from]);
          throw new Error("no answer");
        }),
      ).to.be.rejectedWith("no answer");
      // gives up at the first single block
      expect(asked.at(-1)).to.deep.equal([0]);
    });

    it("says what is not deployed", async () => {
      const { context } = await deployed();
      await deployments.delete("FlashLiquidator");
      await expect(checkDeployment(context)).to.be.rejectedWith(
        NotDeployedError,
        "FlashLiquidator is not deployed on hardhat: run `npm run deploy -- hardhat` first",
      );
    });
  });

  describe("configuration", () => {
    it("reads live networks from the environment", () => {
      const { market, executionDelay } = configOf("sepolia", LIVE_ENV);
      expect(executionDelay).to.equal(2n * DAY);
      expect(market!.collateralFeed).to.deep.equal({
        aggregator: ADDRESS,
        heartbeat: 3600,
        minAnswer: 1_000_000_000n,
        maxAnswer: 10_000_000_000_000n,
      });
    });

    it("needs nothing for local chains", () => {
      for (const network of ["hardhat", "localhost"]) expect(configOf(network, {}).market).to.equal(undefined);
    });

    it("names every key that is missing", () => {
      for (const key of Object.keys(LIVE_ENV)) {
        expect(() => configOf("sepolia", { ...LIVE_ENV, [key]: "" })).to.throw(ConfigError, `Set ${key} in .env`);
      }
      expect(() => configOf("sepolia", { ...LIVE_ENV, ASSET: "", GUARDIAN: "" })).to.throw("Set GUARDIAN, ASSET in");
      expect(() => configOf("mainnet", LIVE_ENV)).to.throw(ConfigError, "Set MAINNET_RPC_URL in .env");
    });

    it("refuses malformed values and unknown networks", () => {
      for (const [key, value] of [
        ["GOVERNOR", "0x12"],
        ["KEEPER", ethers.ZeroAddress],
        ["ASSET_FEED", ADDRESS],
        ["COLLATERAL_FEED", `${ADDRESS},3600,-1,5`],
      ]) {
        expect(() => configOf("sepolia", { ...LIVE_ENV, [key]: value })).to.throw(ConfigError, `${key} must be`);
      }
      expect(() => configOf("goerli", LIVE_ENV)).to.throw(ConfigError, "Unknown network goerli: use one of hardhat");
    });

    for (const script of ["deploy", "check-deployment"]) {
      it(`${script} says in one line what is missing`, () => {
        const env = { ...process.env, ...LIVE_ENV, GOVERNOR: "", TS_NODE_TRANSPILE_ONLY: "true" };
        const run = spawnSync(process.execPath, ["-r", "ts-node/register", `scripts/${script}.ts`, "sepolia"], { env });
        expect(run.stderr.toString()).to.equal("Set GOVERNOR in .env: sepolia needs them (see .env.example)\n");
        expect([run.stdout.toString(), run.status]).to.deep.equal(["", 2]);
      });
    }
  });
});
