// The whole firmware over the board rig: one controller with a RAM namespace, turned by the test's thread, and the small NVMe host that uses it.
using Nvmepf.Firmware;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

internal sealed class BoardFirmware : IDisposable
{
    /// <summary>Where a test's data is in the host's memory.</summary>
    internal const int DataAt = 0x10_0000;

    internal const string Serial = "BOARD1";
    private const uint BarAddress = 0x8000_0000;
    private readonly RamBackend _backend = new(1 << 20);
    private readonly Reactor _reactor;

    internal BoardFirmware(BoardRigOptions? options = null, bool hostLooksAtQueues = false)
    {
        Rig = new BoardRig(options);
        _backend.Open();
        ControllerSettings settings = new()
        {
            SubsystemNqn = "nqn.2014-08.org.nvmexpress:uuid:test",
            Serial = Serial,
            MaximumTransferBytes = 64 * 1024,
            TransferBuffers = 8,
            CommandSlots = 64,
            QueueEntriesMax = 64,
        };
        NvmeNamespace[] namespaces = [new NvmeNamespace(1, _backend, 512, Guid.NewGuid(), new byte[16])];
        Controller = new NvmeController(settings, Rig.Platform, new NamespaceTable(namespaces), Log);
        _reactor = new Reactor(Rig.Platform, Controller, Log, new ReactorOptions(PollMode.Busy, RingEntries: 256));
        Host = new BoardNvmeHost(Rig, Turn) { LooksAtQueues = hostLooksAtQueues };
        _reactor.Start();
    }

    internal BoardRig Rig { get; }

    internal BoardNvmeHost Host { get; }

    internal NvmeController Controller { get; }

    internal Firmware.Diagnostics.EventLog Log { get; } = new(Stream.Null);

    internal bool Turn() => _reactor.Turn(Rig.Platform.NowNanoseconds);

    /// <summary>What a host does after link training: address, memory space, bus mastering.</summary>
    internal void ConnectHost()
    {
        Host.RunUntil(() => Rig.Soc.Host.IsLinkUp && Rig.Soc.Host.LinkSpeed == 3, "the link trains, to its highest speed");
        Assert.Equal(TlpStatus.Success, Rig.Soc.Host.ConfigWrite(0x10, 4, BarAddress));
        Assert.Equal(TlpStatus.Success, Rig.Soc.Host.ConfigWrite(0x14, 4, 0));
        Assert.Equal(TlpStatus.Success, Rig.Soc.Host.ConfigWrite(0x04, 2, 0x0006));
        Host.RunUntil(() => Rig.Platform.IsBusMasterEnabled, "bus mastering is seen");
    }

    /// <summary>Writes random blocks and reads them to another place of the host's memory.</summary>
    /// <returns>Whether the same bytes are there when the read's completion is.</returns>
    internal bool WriteAndRead(Random random, int blocks, ulong startingLba)
    {
        const int ReadAt = DataAt + 0x10_0000;
        byte[] memory = Rig.Host.Memory;
        random.NextBytes(memory.AsSpan(DataAt, blocks * 512));
        byte[] written = memory.AsSpan(DataAt, blocks * 512).ToArray();
        Assert.Equal(0, Host.Transfer(isWrite: true, startingLba, blocks, DataAt));
        Assert.Equal(0, Host.Transfer(isWrite: false, startingLba, blocks, ReadAt));
        return memory.AsSpan(ReadAt, blocks * 512).SequenceEqual(written);
    }

    public void Dispose()
    {
        _reactor.Dispose();
        Controller.Dispose();
        _backend.Dispose();
        Log.Dispose();
        Rig.Dispose();
    }
}
