import { FixedPoint } from "../../../sdk";
import { SCENARIOS } from "../../../scripts/replay/scenarios";
import type { Depth, Layers, Loss, Point, Trace } from "../../../scripts/replay/types";
import { sumOf } from "../../helpers/losses";

const { sum } = FixedPoint;

const UNIT = 1_000_000n;
const layers = (fees: bigint, reserve: bigint, staked: bigint, interest: bigint, principal: bigint): Layers => ({
  fees: fees * UNIT,
  reserve: reserve * UNIT,
  staked: staked * UNIT,
  interest: interest * UNIT,
  principal: principal * UNIT,
});

function lossOf(id: number, time: number, price: number, accounts: number, lost: Layers, recoveredBy: Layers): Loss {
  return {
    id,
    time,
    price,
    until: time,
    accounts,
    ...lost,
    shortfall: sumOf(lost),
    recovered: sumOf(recoveredBy),
    recoveredBy,
  };
}

/**
 * Two thirds of a debt fall due between the price of 200 and nothing; of each price below `bad` a part of them is bad.
 */
function depthOf(time: number, price: number, debt: bigint, bad: number): Depth {
  const at = (hypothetical: number) => ({
    price: hypothetical,
    debt: hypothetical < 200 ? (debt * BigInt(Math.round(200 - hypothetical))) / 300n : 0n,
    badDebt: hypothetical < bad ? (debt * BigInt(Math.round(bad - hypothetical))) / 300n : 0n,
  });
  return { time, now: at(price), curve: Array.from({ length: 16 }, (_, i) => at(60 + 10 * i)) };
}

/** A replay that nobody ran: two losses, the first of which reaches principal, and what comes back of them. */
export function syntheticTrace(): Trace {
  const scenario = SCENARIOS["black-thursday"];
  const day = 86_400;
  const losses = [
    lossOf(
      1,
      Date.UTC(2020, 2, 12, 12, 30) / 1000,
      138.9,
      7,
      layers(2_100n, 2_000n, 8_000n, 3_300n, 14_600n),
      layers(0n, 0n, 0n, 3_300n, 14_600n),
    ),
    lossOf(
      2,
      Date.UTC(2020, 2, 13, 2, 25) / 1000,
      86,
      11,
      layers(40n, 0n, 0n, 310n, 41_000n),
      layers(0n, 0n, 0n, 0n, 9_000n),
    ),
  ];
  const end = scenario.steps[scenario.steps.length - 1].time;
  const times = [...scenario.steps.map(({ time }) => time), end + day, end + 3 * day, end + 7 * day];
  const booked = (time: number) => losses.filter((loss) => loss.time <= time);
  const points = times.map((time, i): Point => {
    const aftermath = time > end;
    const paid = aftermath ? BigInt(Math.round((time - end) / day)) : 0n;
    const shortfall = sum(booked(time).map((loss) => loss.shortfall));
    const principalLost = sum(booked(time).map((loss) => loss.principal));
    const sharePrice = 1 + i * 2e-6 - Number(principalLost) / 1e13;
    return {
      time,
      aftermath,
      price: scenario.steps[Math.min(i, scenario.steps.length - 1)].price,
      keepersOnline: !scenario.keepersOffline.some(({ from, to }) => from <= time && time < to),
      cash: 1_200_000n * UNIT + BigInt(i) * 20_000n * UNIT,
      debt: 8_800_000n * UNIT - BigInt(i) * 20_000n * UNIT,
      writtenOff: shortfall,
      lenderAssets: 10_000_000n * UNIT - principalLost,
      unvested: principalLost ? 0n : 3_600n * UNIT,
      fees: 100n * UNIT,
      sharePrice,
      shareValue: sharePrice + (Number(paid) * 3_371e6) / 1e13,
      utilisation: 0.88 - i * 0.002,
      cover: shortfall ? 0n : 10_000n * UNIT,
      shortfall,
      principalLost,
      recovered: paid * 3_842n * UNIT,
      claimed: paid > 5n ? 23_600n * UNIT : 0n,
    };
  });
  const probe = { stake: 100_000n * UNIT, claims: 150n * UNIT };
  return {
    scenario,
    seed: 1,
    loanDecimals: 6,
    lenders: 50,
    borrowers: 200,
    lltv: 0.86,
    deposits: 10_000_000n * UNIT,
    borrowed: 8_800_000n * UNIT,
    cover: { reserve: 2_000n * UNIT, staked: 8_000n * UNIT },
    points,
    liquidations: scenario.steps.flatMap(({ time, price }, i) =>
      i % 5
        ? []
        : [{ time, price, borrower: i, repaid: BigInt(1 + ((i * 37) % 400)) * 1_000n * UNIT, seized: 10n ** 18n }],
    ),
    losses,
    endings: [],
    recoveries: [
      {
        time: end + day,
        lossId: 1,
        source: "repayment",
        assets: 17_900n * UNIT,
        ...layers(0n, 0n, 0n, 3_300n, 14_600n),
      },
      { time: end + 3 * day, lossId: 2, source: "treasury", assets: 9_000n * UNIT, ...layers(0n, 0n, 0n, 0n, 9_000n) },
    ],
    fairness: {
      lossId: 1,
      time: losses[0].time,
      leaver: { ...probe, afterLoss: 99_850n * UNIT, since: 0n },
      stayer: { ...probe, afterLoss: 99_850n * UNIT, since: -320n * UNIT },
      entrant: { ...probe, afterLoss: 100_000n * UNIT - 1n, claims: 0n, since: -321n * UNIT },
      spread: 0,
      forfeited: 0n,
    },
    guard: {
      refusedExits: 6,
      exit: {
        ...{ time: losses[0].time, lossId: 1, stake: probe.stake, visible: 30_000n * UNIT, tolerated: 1_980n * UNIT },
        ...{ leaverValue: 99_850n * UNIT, stayerValue: 99_850n * UNIT + 1n },
      },
    },
    depth: {
      first: depthOf(times[0], 195, 8_800_000n * UNIT, 150),
      worst: depthOf(losses[0].time, 138, 7_000_000n * UNIT, 140),
    },
    gas: { liquidate: 171_234, writeDown: 402_100, claim: 88_000 },
    identitiesChecked: 12_345,
    violations: [],
    seconds: 21.43,
  };
}
