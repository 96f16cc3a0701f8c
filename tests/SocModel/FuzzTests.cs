using Nvmepf.SocModel;
using Xunit;
using static Nvmepf.Tests.SocModel.SocBench;

namespace Nvmepf.Tests.SocModel;

/// <summary>The model takes whatever software and host do: it counts, and never throws, loops or grows.</summary>
public sealed class FuzzTests
{
    private static readonly (ulong Start, int Bytes)[] s_blocks =
    [
        (Dbi, 0x1000), (Dbi, 0x1000), (Dbi2, 0x100), (Dbi + 0x20_0E00, 0x60), (Atu, 0x2400), (Edma, 0x700), (Edma, 0x700), (Apb, 0x400),
        (Window, 0x4000_0000), (Dram, DramBytes), (Cru, 0xA000), (Pmu, 0x400), (PhyGrf, 0x3000), (Gpio4, 0x100), (Apb, 0x400),
    ];

    [Fact]
    public void Nothing_that_software_or_the_host_does_breaks_the_model()
    {
        var bench = new SocBench();
        for (int seed = 1; seed <= 60; seed++)
        {
            bench.Soc.Reset((ulong)seed, SocStartState.Powered);
            bench.Soc.Faults.Clear();
            bench.Host.Writes.Clear();
            bench.Configure();
            bench.EnableLtssm();
            bench.HostEnables();
            Fuzz(bench, new Random(seed));
        }

        Assert.True(bench.Soc.Counters.RegisterWrites > 100, "nothing was done");
    }

    [Fact]
    public void Costs_of_nothing_are_refused() => Assert.Throws<ArgumentOutOfRangeException>(
        () => new Soc(new SocOptions { EdmaFetchPieceNanoseconds = 0 }, new PlainDram(0, 4096), new FakeHost()));

    private static void Fuzz(SocBench bench, Random random)
    {
        SocFaults faults = bench.Soc.Faults;
        faults.ReadsOutOfOrder = random.Next(2) == 0;
        faults.PostedDelayNanoseconds = random.Next(3) * 1000;
        faults.PostedReorderPerMillion = 200_000;
        faults.InboundDelayNanoseconds = random.Next(2) * 1000;
        faults.StallPerMillion = random.Next(1000);
        faults.CompletionTimeoutNanoseconds = 1000;
        for (int i = 0; i < 1500; i++)
        {
            Step(bench, random);
            bench.Host.Writes.Clear();
        }
    }

    private static void Step(SocBench bench, Random random)
    {
        uint value = Value(random);
        int width = 1 << random.Next(4);
        switch (random.Next(12))
        {
            case 0:
                bench.Soc.Advance(random.Next(20_000));
                break;
            case 1:
                int dword = random.Next(1024) * 4;
                bench.Soc.Host.ConfigWrite(dword, 4, value);
                bench.Soc.Host.ConfigRead(dword, 4, out _);
                break;
            case 2:
                Span<byte> data = stackalloc byte[random.Next(1, 100)];
                ulong offset = random.Next(4) == 0 ? value : value & 0x2_FFFC;
                bench.Soc.Host.BarWrite(random.Next(8), offset, data);
                bench.Soc.Host.BarRead(random.Next(8), offset, data);
                bench.Soc.Host.MemoryWrite(((ulong)value << random.Next(32)) + 4, data);
                break;
            case 3:
                Disturb(bench.Soc.Host, random);
                break;
            default:
                (ulong start, int bytes) = s_blocks[random.Next(s_blocks.Length)];
                ulong address = start + (ulong)(random.Next(bytes) & ~(random.Next(20) == 0 ? 0 : width - 1));
                width = random.Next(4) == 0 ? width : 4;
                bench.Soc.CpuWrite(address & ~3ul, width, ((ulong)value << 32) | value);
                bench.Soc.CpuRead(address, width, out _);
                break;
        }
    }

    private static void Disturb(HostPort host, Random random)
    {
        switch (random.Next(40))
        {
            case 0:
                host.HotReset();
                break;
            case 1:
                host.DropLink();
                break;
            case 2:
                host.AssertPerst(random.Next(2) == 0);
                break;
            case 3:
                host.SetPower(random.Next(2) == 0);
                break;
        }
    }

    private static uint Value(Random random) => random.Next(6) switch
    {
        0 => uint.MaxValue,
        1 => 0,
        2 => (uint)Dram + (uint)random.Next(DramBytes),
        3 => 1u << random.Next(32),
        4 => 0x300,
        _ => (uint)random.NextInt64(1L << 32),
    };
}
