using System.Linq;
using Nvmepf.Hal;
using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Mmio;
using Nvmepf.Hal.Rk3588;
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.Rk3588;

/// <summary>One access of the firmware to a register, by its address in the SoC.</summary>
internal sealed record RegisterAccess(bool IsWrite, ulong Address, uint Value)
{
    public override string ToString() => $"{(IsWrite ? 'W' : 'R')} {Address:x} {Value:x8}";
}

/// <summary>The endpoint's driver over the model, with a record of every access and reads that can be made to lie.</summary>
internal sealed class EndpointBench : IRegisterTrap, IHostFabric, IEventLog, IBoardClock, IDisposable
{
    internal const ulong Dram = 0x1000_0000;
    internal const ulong BarMemory = Dram + 0x10_0000;
    internal const ulong OtherBarMemory = Dram + 0x20_0000;
    internal const ulong HostBar0 = 0x20_0010_0000;
    private readonly SocTrap _trap;
    private readonly (nint Pointer, ulong Address, uint LengthBytes)[] _map;

    internal EndpointBench(SocStartState start = SocStartState.Cold, Rk3588Options? options = null, Action<SocFaults>? faults = null)
    {
        Memory = new PlainDram(Dram, 0x40_0000);
        Soc = new Soc(new SocOptions { StartState = start }, Memory, this);
        faults?.Invoke(Soc.Faults);
        Soc.Reset(1, start);
        _trap = new SocTrap(Soc, null);
        _map =
        [
            (_trap.Dbi, SocMap.Dbi, SocMap.DbiBytes), (_trap.Apb, SocMap.Apb, SocMap.ApbBytes), (_trap.Cru, SocMap.Cru, SocMap.CruBytes),
            (_trap.Pmu, SocMap.Pmu, SocMap.PmuBytes), (_trap.PhpGrf, SocMap.PhpGrf, SocMap.PhpGrfBytes),
            (_trap.PhyGrf, SocMap.PhyGrf, SocMap.PhyGrfBytes), (_trap.Gpio4, SocMap.Gpio4, SocMap.GpioBytes),
        ];
        RegisterTrap.Current = this;
        Options = (options ?? DefaultOptions) with { Registers = new RegisterSource(RegisterSourceKind.Given, "", Blocks), Clock = this };
        Endpoint = new Rk3588Endpoint(Blocks, Options, Identity, this);
    }

    internal static Rk3588Options DefaultOptions { get; } = new() { Registers = new RegisterSource(RegisterSourceKind.Given) };

    internal static Rk3588Options TakeOver { get; } = DefaultOptions with { BringUp = BringUpMode.TakeOver };

    internal static FunctionIdentity Identity { get; } = new(0x1B96, 0xBEEF, 0x1B96, 0x1234, 7, 0x01_08_02, 9);

    internal Soc Soc { get; }

    internal PlainDram Memory { get; }

    internal Rk3588Options Options { get; }

    internal Rk3588Endpoint Endpoint { get; private set; }

    internal List<RegisterAccess> Accesses { get; } = [];

    internal bool IsRecording { get; set; } = true;

    internal List<string> Log { get; } = [];

    /// <summary>Called after each store; what the host does meanwhile.</summary>
    internal Action<RegisterAccess>? AfterWrite { get; set; }

    /// <summary>How many accesses were recorded when each full barrier came.</summary>
    internal List<int> FullBarriers { get; } = [];

    /// <summary>What a register reads instead of what the model says.</summary>
    internal Dictionary<ulong, uint> Lies { get; } = [];

    internal RegisterBlocks Blocks => new()
    {
        Dbi = _trap.Dbi,
        Apb = _trap.Apb,
        Outbound = _trap.Outbound,
        Cru = _trap.Cru,
        Pmu = _trap.Pmu,
        PhpGrf = _trap.PhpGrf,
        PhyGrf = _trap.PhyGrf,
        Gpio = _trap.Gpio4,
    };

    public long NowNanoseconds => Soc.NowNanoseconds;

    /// <summary>Brings the endpoint up and the link with it, and lets the host assign what a host assigns.</summary>
    internal void Start()
    {
        Endpoint.BringUp(BarMemory);
        Endpoint.EnableLink();
        PollUntil(LinkEvents.LinkUp);
        Soc.Advance(20_000_000); // the change of speed; a host waits longer than that
        HostEnables();
        PollUntil(LinkEvents.BusMasterChanged);
    }

    internal void HostEnables()
    {
        Soc.Host.ConfigWrite(0x10, 4, unchecked((uint)HostBar0));
        Soc.Host.ConfigWrite(0x14, 4, (uint)(HostBar0 >> 32));
        Soc.Host.ConfigWrite(0x04, 2, 0x6);
    }

    /// <summary>A new process over the same hardware.</summary>
    internal void Restart() => Endpoint = new Rk3588Endpoint(Blocks, Options, Identity, this);

    internal LinkEvents Poll()
    {
        Soc.Advance(Options.EventPollIntervalNanoseconds + 1);
        return Endpoint.PollEvents(NowNanoseconds);
    }

    internal void PollUntil(LinkEvents wanted)
    {
        for (int i = 0; i < 1000; i++)
        {
            if ((Poll() & wanted) == wanted)
            {
                return;
            }
        }

        Assert.Fail($"no {wanted}:\n{Soc.Log.Print(30)}");
    }

    internal void Restore()
    {
        for (int i = 0; !Endpoint.RestoreAfterReset(NowNanoseconds); i++)
        {
            Assert.True(i < 1000, "the restore does not end");
            Soc.Advance(100_000);
        }

        Assert.True(Endpoint.ReleaseHotReset());
    }

    internal uint HostRead(int offset)
    {
        Assert.Equal(TlpStatus.Success, Soc.Host.ConfigRead(offset, 4, out uint value));
        return value;
    }

    internal void AssertClean() =>
        Assert.True(Soc.Violations.Total == 0, string.Join('\n', Soc.Violations.First.ToArray()) + "\n" + Soc.Log.Print(40));

    internal int IndexOfWrite(ulong address, uint value, uint mask = uint.MaxValue)
    {
        int index = Accesses.FindIndex(access => access.IsWrite && access.Address == address && (access.Value & mask) == value);
        Assert.True(index >= 0, $"no write of {value:x8} to {address:x}:\n{string.Join('\n', Accesses.Select(access => access.ToString()))}");
        return index;
    }

    public bool TryRead(nuint address, int widthBytes, out ulong value)
    {
        if (!_trap.TryRead(address, widthBytes, out value))
        {
            return false;
        }

        if (Lies.Count > 0 && Lies.TryGetValue(AddressOf(address), out uint lie))
        {
            value = lie;
        }

        Note(false, address, value);
        return true;
    }

    public bool TryWrite(nuint address, int widthBytes, ulong value)
    {
        Note(true, address, value);
        bool isTaken = _trap.TryWrite(address, widthBytes, value);
        if (AfterWrite is { } act)
        {
            act(new RegisterAccess(true, AddressOf(address), (uint)value));
        }

        return isTaken;
    }

    public void Barrier(BarrierKind kind)
    {
        if (kind == BarrierKind.Full && IsRecording)
        {
            FullBarriers.Add(Accesses.Count);
        }

        _trap.Barrier(kind);
    }

    public void Maintain(nuint address, nuint lengthBytes, bool invalidate) => _trap.Maintain(address, lengthBytes, invalidate);

    public void Sleep(long nanoseconds) => Soc.Advance(nanoseconds);

    public TlpStatus Read(ulong pciAddress, Span<byte> data) => TlpStatus.UnsupportedRequest;

    public void Write(ulong pciAddress, ReadOnlySpan<byte> data)
    {
    }

    public void Write(string staticText, long first = 0, long second = 0)
    {
        if (IsRecording)
        {
            Log.Add(staticText.Replace("{0}", $"{first}", StringComparison.Ordinal).Replace("{1}", $"{second}", StringComparison.Ordinal));
        }
    }

    public void Dispose()
    {
        RegisterTrap.Current = null;
        _trap.Dispose();
    }

    private void Note(bool isWrite, nuint address, ulong value)
    {
        if (IsRecording)
        {
            Accesses.Add(new RegisterAccess(isWrite, AddressOf(address), (uint)value));
        }
    }

    private ulong AddressOf(nuint address)
    {
        foreach ((nint pointer, ulong soc, uint lengthBytes) in _map)
        {
            nuint offset = address - (nuint)pointer;
            if (offset < lengthBytes)
            {
                return soc + offset;
            }
        }

        return address;
    }
}
