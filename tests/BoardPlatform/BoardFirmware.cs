// The whole firmware over the board rig: one controller with a RAM namespace, turned by the test's thread, and the small NVMe host that uses it.
using Nvmepf.Firmware;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Reactors;
using Nvmepf.Hal.Mmio;
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

internal sealed class BoardFirmware : IDisposable
{
    /// <summary>Where a test's data is in the host's memory.</summary>
    internal const int DataAt = 0x10_0000;

    internal const string Serial = "BOARD1";
    private const long PatienceNanoseconds = 60_000_000_000;
    private const uint BarAddress = 0x8000_0000;
    private readonly RamBackend _backend = new(1 << 20);
    private readonly ReactorGroup _group = new();
    private readonly Reactor _reactor;

    internal BoardFirmware(BoardRigOptions? options = null, bool hostLooksAtQueues = false)
    {
        Rig = new BoardRig(options);
        _backend.Open();
        ReactorLink link = new(0);
        Controller = MakeController(link);
        _reactor = new Reactor(link, _group, Log, new ReactorOptions(PollMode.Busy, RingEntries: 256));
        _reactor.AddFunction(Rig.Platform, Controller);
        Host = new BoardNvmeHost(Rig, Turn) { LooksAtQueues = hostLooksAtQueues };
        _reactor.Start();
    }

    internal BoardRig Rig { get; }

    internal BoardNvmeHost Host { get; }

    internal NvmeController Controller { get; private set; }

    internal Firmware.Diagnostics.EventLog Log { get; } = new(Stream.Null);

    internal bool Turn() => _reactor.Turn(Rig.Platform.NowNanoseconds);

    /// <summary>Has the controller leave the reactor, which goes on, and its function the bus: as start 0 does.</summary>
    internal void Leave()
    {
        TurnUntil(Task.Run(() => Assert.True(_reactor.TryLeaveFunction(Controller, PatienceNanoseconds))), advances: true);
        Rig.Platform.LeaveBus();
        Rig.Platform.Dispose();
        Controller.Dispose();
    }

    /// <summary>Another controller over the same disk comes to the reactor: as start 1 does. A thread of its own starts the platform.</summary>
    internal void Come()
    {
        Rig.MakeAnother();
        Controller = MakeController(Controller.Home.Reactor);
        Task coming = Task.Run(() =>
        {
            RegisterTrap.Current = Rig.Trap;
            try
            {
                _reactor.ComeFunction(Rig.Platform, Controller, _group.Rings, PatienceNanoseconds);
            }
            finally
            {
                RegisterTrap.Current = null;
            }
        });
        TurnUntil(coming, advances: false); // the other thread moves the model's time, and the reactor has nothing to touch before it is through
    }

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

    private NvmeController MakeController(ReactorLink link)
    {
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
        return new NvmeController(settings, Rig.Platform, new NamespaceTable(namespaces), Log, [link]);
    }

    /// <summary>Turns the reactor until a control thread has what it wants of it.</summary>
    private void TurnUntil(Task control, bool advances)
    {
        while (!control.IsCompleted)
        {
            if (advances)
            {
                Rig.Soc.Advance(BoardRig.TurnNanoseconds);
            }

            _ = Turn();
            _reactor.PollChange();
        }

        control.GetAwaiter().GetResult();
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
