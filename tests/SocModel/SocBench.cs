using System.Buffers.Binary;
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.SocModel;

/// <summary>The host's memory for a test: 4 MiB at address 0; everything else answers Unsupported Request, and takes writes.</summary>
internal sealed class FakeHost : IHostFabric
{
    internal const int MemoryBytes = 0x40_0000;
    internal const ulong MsiAddress = 0xFEE0_0000;

    internal byte[] Memory { get; } = new byte[MemoryBytes];

    /// <summary>Every write, in order of arrival: address and its first bytes.</summary>
    internal List<(ulong Address, int Length, uint First)> Writes { get; } = [];

    internal int Reads { get; private set; }

    public TlpStatus Read(ulong pciAddress, Span<byte> data)
    {
        Reads++;
        if (pciAddress >= MemoryBytes || pciAddress + (ulong)data.Length > MemoryBytes)
        {
            return TlpStatus.UnsupportedRequest;
        }

        Memory.AsSpan((int)pciAddress, data.Length).CopyTo(data);
        return TlpStatus.Success;
    }

    public void Write(ulong pciAddress, ReadOnlySpan<byte> data)
    {
        uint first = data.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(data) : data[0];
        Writes.Add((pciAddress, data.Length, first));
        if (pciAddress < MemoryBytes && pciAddress + (ulong)data.Length <= MemoryBytes)
        {
            data.CopyTo(Memory.AsSpan((int)pciAddress));
        }
    }
}

/// <summary>A model with memory and a host, and raw accesses with the reference's numbers.</summary>
internal sealed class SocBench
{
    internal const ulong Dbi = 0xA_4000_0000;
    internal const ulong Dbi2 = Dbi + 0x10_0000;
    internal const ulong Atu = Dbi + 0x30_0000;
    internal const ulong Edma = Dbi + 0x38_0000;
    internal const ulong Apb = 0xFE15_0000;
    internal const ulong Cru = 0xFD7C_0000;
    internal const ulong Pmu = 0xFD8D_8000;
    internal const ulong PhyGrf = 0xFD5B_8000;
    internal const ulong Gpio4 = 0xFEC5_0000;
    internal const ulong Window = 0x9_0000_0000;
    internal const ulong Dram = 0x1000_0000;
    internal const int DramBytes = 0x40_0000;

    /// <summary>Where BAR 0 leads: aligned to its size of 1 MiB.</summary>
    internal const ulong BarMemory = Dram + 0x10_0000;

    internal static readonly ulong HostBar0 = 0x20_0010_0000;

    internal SocBench(SocStartState start = SocStartState.Powered, ulong seed = 1, SocCosts? costs = null)
    {
        Memory = new PlainDram(Dram, DramBytes);
        Soc = new Soc(new SocOptions { Seed = seed, StartState = start, Costs = costs }, Memory, Host);
    }

    internal PlainDram Memory { get; }

    internal FakeHost Host { get; } = new();

    internal Soc Soc { get; }

    /// <summary>A model that is up, configured as the firmware would, with the host's side enabled.</summary>
    internal static SocBench Up(ulong seed = 1) => BringUp(new SocBench(seed: seed));

    /// <summary>The same with the costs of a board.</summary>
    internal static SocBench Up(SocCosts costs) => BringUp(new SocBench(costs: costs));

    private static SocBench BringUp(SocBench bench)
    {
        bench.Configure();
        bench.EnableLtssm();
        bench.HostEnables();
        return bench;
    }

    internal uint R(ulong address)
    {
        Assert.True(Soc.CpuRead(address, 4, out ulong value), $"bus fault at 0x{address:x}");
        return (uint)value;
    }

    internal void W(ulong address, uint value) => Assert.True(Soc.CpuWrite(address, 4, value), $"bus fault at 0x{address:x}");

    internal long Count(ViolationKind kind) => Soc.Violations.Count(kind);

    internal void AssertClean() =>
        Assert.True(Soc.Violations.Total == 0, string.Join('\n', Soc.Violations.First.ToArray()) + "\n" + Soc.Log.Print(40));

    /// <summary>The reference's section 2.2: endpoint mode, configuration, BAR 0 of 64 bits and 1 MiB, others off, inbound region.</summary>
    internal void Configure()
    {
        W(Apb + 0x180, 0x0012_0012);
        W(Apb + 0x000, 0x00F0_0000);
        W(Dbi + 0x8BC, 1);
        W(Dbi + 0x08, 0x0108_0201);
        W(Dbi2 + 0x10, 1);
        W(Dbi + 0x10, 0xC);
        W(Dbi2 + 0x14, 0);
        W(Dbi + 0x14, 0);
        W(Dbi + 0x2EC, 0x10);
        foreach (uint bar in new uint[] { 2, 3, 4, 5 })
        {
            W(Dbi2 + 0x10 + (4 * bar), 0);
            W(Dbi + 0x10 + (4 * bar), 0);
        }

        W(Dbi2 + 0x30, 0);
        W(Dbi + 0x148, (R(Dbi + 0x148) & 0xF_FFFF) | (0x188u << 20));
        W(Dbi + 0xB4, 0x2000);
        W(Dbi + 0xB8, 0x3000);
        W(Dbi + 0x8BC, 0);
        TrainingSequences();
        Inbound(0, BarMemory);
    }

    /// <summary>N_FTS of both generations, lost at every reset.</summary>
    internal void TrainingSequences()
    {
        W(Dbi + 0x70C, (R(Dbi + 0x70C) & 0xFF00_00FF) | 0x00FF_FF00);
        W(Dbi + 0x80C, R(Dbi + 0x80C) | 0xFF);
    }

    internal void Inbound(uint bar, ulong target)
    {
        W(Atu + 0x114, (uint)target);
        W(Atu + 0x118, (uint)(target >> 32));
        W(Atu + 0x100, 0);
        W(Atu + 0x104, 0xC008_0000 | (bar << 8));
        Assert.NotEqual(0u, R(Atu + 0x104) & 0x8000_0000);
    }

    internal void Outbound(uint region, ulong offset, uint bytes, ulong target, uint control2 = 0x8800_0000)
    {
        ulong at = Atu + (region * 0x200);
        ulong start = Window + offset;
        W(at + 0x08, (uint)start);
        W(at + 0x0C, (uint)(start >> 32));
        W(at + 0x10, (uint)(start + bytes - 1));
        W(at + 0x20, (uint)((start + bytes - 1) >> 32));
        W(at + 0x14, (uint)target);
        W(at + 0x18, (uint)(target >> 32));
        W(at + 0x00, 0);
        W(at + 0x04, control2);
        if ((control2 & 0x8000_0000) != 0)
        {
            Assert.NotEqual(0u, R(at + 0x04) & 0x8000_0000);
        }
    }

    internal void EnableLtssm()
    {
        W(Apb, 0x0004_0004);
        Wait(() => Soc.Host.IsLinkUp && (R(Apb + 0x300) & 0x3F) == 0x11 && (R(Apb + 0x300) >> 20) == 2);
    }

    internal void HostEnables()
    {
        Soc.Host.ConfigWrite(0x10, 4, (uint)HostBar0);
        Soc.Host.ConfigWrite(0x14, 4, (uint)(HostBar0 >> 32));
        Soc.Host.ConfigWrite(0x78, 2, 0x2830);
        Soc.Host.ConfigWrite(0x04, 2, 0x6);
    }

    internal void Wait(Func<bool> condition, long nanoseconds = 20_000_000)
    {
        long end = Soc.NowNanoseconds + nanoseconds;
        while (!condition())
        {
            Assert.True(Soc.NowNanoseconds < end, "waited in vain:\n" + Soc.Log.Print(30));
            Soc.Advance(5_000);
        }
    }

    /// <summary>Writes a list's data element.</summary>
    internal void Element(ulong at, uint control, uint size, ulong source, ulong destination)
    {
        Span<byte> element = stackalloc byte[24];
        BinaryPrimitives.WriteUInt32LittleEndian(element, control);
        BinaryPrimitives.WriteUInt32LittleEndian(element[4..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(element[8..], source);
        BinaryPrimitives.WriteUInt64LittleEndian(element[16..], destination);
        Assert.True(Memory.TryWrite(at, element));
    }

    /// <summary>Registers of a channel: 0, 1 write; 2, 3 read.</summary>
    internal static ulong Channel(int channel) => Edma + (channel < 2 ? 0x200u : 0x300u) + ((ulong)(channel & 1) * 0x200);

    internal static ulong EngineEnable(int channel) => Edma + (channel < 2 ? 0x0Cu : 0x2Cu);

    internal static ulong Doorbell(int channel) => Edma + (channel < 2 ? 0x10u : 0x30u);

    internal static ulong Status(int channel) => Edma + (channel < 2 ? 0x4Cu : 0xA0u);

    internal static ulong Clear(int channel) => Edma + (channel < 2 ? 0x58u : 0xACu);

    internal static ulong ErrorEnable(int channel) => Edma + (channel < 2 ? 0x90u : 0xC4u);

    /// <summary>Enables the engine and starts a list on a channel.</summary>
    internal void StartList(int channel, ulong list)
    {
        W(EngineEnable(channel), 1);
        W(ErrorEnable(channel), 0x0001_0001u << (channel & 1));
        W(Channel(channel) + 0x00, 0x300);
        W(Channel(channel) + 0x1C, (uint)list);
        W(Channel(channel) + 0x20, (uint)(list >> 32));
        W(Doorbell(channel), (uint)(channel & 1));
    }

    /// <summary>Done (bit 0) and abort (bit 16) of a channel, waited for.</summary>
    internal uint WaitForChannel(int channel)
    {
        Wait(() => (R(Status(channel)) >> (channel & 1) & 0x0001_0001) != 0);
        return R(Status(channel)) >> (channel & 1) & 0x0001_0001;
    }

    internal byte[] Fill(ulong physical, int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        Assert.True(Memory.TryWrite(physical, bytes));
        return bytes;
    }
}
