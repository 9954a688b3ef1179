import { describe, expect, it } from "vitest";
import { Circuit } from "../../../../../storage/blobs/s3/bucket/circuit.ts";

describe("the circuit before a bucket", () => {
  const options = { circuitFailures: 3, circuitMilliseconds: 1000 };
  const fail = (circuit: Circuit, times: number): void => {
    for (let time = 0; time < times; time += 1) circuit.failed(new Error("no answer"));
  };

  it("lets through while failures are fewer in a row than it takes", () => {
    const circuit = new Circuit(options, () => 0);
    for (let round = 0; round < 5; round += 1) {
      fail(circuit, 2);
      circuit.enter();
      circuit.succeeded();
    }
  });

  it("refuses at once after a row of failures, for as long as it was told", () => {
    let now = 0;
    const circuit = new Circuit(options, () => now);
    fail(circuit, 3);
    now = 999;
    expect(() => circuit.enter()).toThrow(expect.objectContaining({ code: "busy" }));
  });

  it("then lets one through, and the others after that one succeeded", () => {
    let now = 0;
    const circuit = new Circuit(options, () => now);
    fail(circuit, 3);
    now = 1000;
    circuit.enter();
    expect(() => circuit.enter()).toThrow("does not answer");
    circuit.succeeded();
    circuit.enter();
  });

  it("stays open when that one failed, too", () => {
    let now = 0;
    const circuit = new Circuit(options, () => now);
    fail(circuit, 3);
    now = 1000;
    circuit.enter();
    now = 1500;
    fail(circuit, 1);
    now = 2400;
    expect(() => circuit.enter()).toThrow("does not answer");
  });
});
