using System.Collections.Concurrent;
using System.Globalization;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal.Rk3588;
using Xunit;
using Xunit.Abstractions;

namespace Nvmepf.Tests.Simulation;

/// <summary>
/// The seeded swarm: the whole firmware, a host, a disk and an oracle, thousands of short lives. NVMEPF_SEEDS=N runs that many seeds
/// instead, NVMEPF_SEED=x that one alone and prints what happened.
/// </summary>
public sealed class SwarmTests(ITestOutputHelper output)
{
    /// <summary>Ten thousand on the register model of the board, and the fake platform's on top.</summary>
    private const ulong DefaultSeeds = 10_000 * Scenario.OneFakeIn / (Scenario.OneFakeIn - 1);

    private const int Threads = 2;
    private const int FailuresShown = 3;

    /// <summary>Seeds within which every fault that is built in must show.</summary>
    private const ulong SabotageSeeds = 400;

    [Fact]
    public void No_seed_finds_anything_wrong()
    {
        if (Number("NVMEPF_SEED") is ulong one)
        {
            SimulationResult result = Simulation.Run(one);
            output.WriteLine($"seed {one}: {result.Steps} steps, {result.Completed} commands, log {result.Hash:X16}");
            Assert.True(result.Failure is null, result.Failure);
            return;
        }

        ulong seeds = Number("NVMEPF_SEEDS") ?? DefaultSeeds;
        ConcurrentBag<SimulationResult> failures = [];
        long completed = 0;
        long steps = 0;
        long lost = 0;
        ulong next = 0;
        Thread[] threads = new Thread[Threads];
        for (int i = 0; i < Threads; i++)
        {
            threads[i] = new Thread(() =>
            {
                ulong seed;
                while ((seed = Interlocked.Increment(ref next)) <= seeds && failures.Count < FailuresShown)
                {
                    SimulationResult result = Simulation.Run(seed);
                    Interlocked.Add(ref completed, result.Completed);
                    Interlocked.Add(ref steps, result.Steps);
                    Interlocked.Add(ref lost, result.HasLostTrack ? 1 : 0);
                    if (result.Failure != null)
                    {
                        failures.Add(result);
                    }
                }
            });
            threads[i].Start();
        }

        Array.ForEach(threads, thread => thread.Join());
        output.WriteLine($"{seeds} seeds, {steps} steps, {completed} commands; the oracle lost track in {lost} runs");
        Assert.True(lost <= 1 + ((long)seeds / 50), $"the oracle lost track in {lost} runs");
        Assert.True(failures.IsEmpty, string.Join("\n", failures.Select(result => result.Failure)));
        Assert.True(completed > (long)seeds * 5, "the swarm hardly does anything");
    }

    [Fact]
    public void A_seed_replays_exactly_and_another_is_another()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            SimulationResult first = Simulation.Run(seed);
            Assert.Equal(first, Simulation.Run(seed));
            Assert.NotEqual(first.Hash, Simulation.Run(seed + 1).Hash);
        }
    }

    [Theory]
    [InlineData("SkipCredit")]
    [InlineData("CompleteBeforeData")]
    [InlineData("DropCompletion")]
    [InlineData("HideDmaError")]
    [InlineData("SkipFlush")]
    [InlineData("LoseInterrupt")]
    [InlineData("ForgetFailedEntry")]
    [InlineData("KeepPhase")]
    public void A_fault_that_is_built_in_on_purpose_is_found(string kind)
    {
        SabotageKind sabotage = Enum.Parse<SabotageKind>(kind);
        for (ulong seed = 1; seed <= SabotageSeeds; seed++)
        {
            if (Simulation.Run(seed, sabotage).Failure is string failure)
            {
                output.WriteLine($"found by seed {seed}: {failure}");
                return;
            }
        }

        Assert.Fail($"{SabotageSeeds} seeds did not notice {kind}");
    }

    [Theory]
    [InlineData("SkipRegionFlush")]
    [InlineData("SkipForgetAfterRead")]
    [InlineData("ReleaseBeforeRestore")]
    [InlineData("IgnoreVectorMask")]
    [InlineData("KeepLevel")]
    public void A_fault_that_is_built_into_the_platform_on_purpose_is_found(string kind)
    {
        BoardSabotageKind sabotage = Enum.Parse<BoardSabotageKind>(kind);
        for (ulong seed = 1; seed <= SabotageSeeds; seed++)
        {
            if (Simulation.Run(seed, board: sabotage).Failure is string failure)
            {
                output.WriteLine($"found by seed {seed}: {failure}");
                return;
            }
        }

        Assert.Fail($"{SabotageSeeds} seeds did not notice {kind}");
    }

    private static ulong? Number(string variable) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? value : null;
}
