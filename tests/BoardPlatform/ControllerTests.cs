// The whole firmware on the platform on the model, with a small NVMe host on the other side of the link.
using Nvmepf.Firmware;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

public sealed class ControllerTests
{
    private const int DataAt = 0x10_0000;

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, true)]
    [InlineData(true, true, true)]
    [InlineData(false, false, false)]
    public void A_host_enables_identifies_writes_and_reads(bool barInCarveOut, bool buffersInCarveOut, bool usesDma)
    {
        using BoardRig rig = new(new BoardRigOptions { HasBarInCarveOut = barInCarveOut, HasBuffersInCarveOut = buffersInCarveOut, UsesDma = usesDma });
        using EventLog log = new(Stream.Null);
        using RamBackend backend = new(1 << 20);
        backend.Open();
        NvmeNamespace[] namespaces = [new NvmeNamespace(1, backend, 512, Guid.NewGuid(), new byte[16])];
        ControllerSettings settings = new()
        {
            SubsystemNqn = "nqn.2014-08.org.nvmexpress:uuid:test",
            Serial = "BOARD1",
            MaximumTransferBytes = 64 * 1024,
            TransferBuffers = 8,
            CommandSlots = 64,
            QueueEntriesMax = 64,
        };
        using NvmeController controller = new(settings, rig.Platform, new NamespaceTable(namespaces), log);
        using Reactor reactor = new(rig.Platform, controller, log, new ReactorOptions(PollMode.Busy, RingEntries: 256));
        reactor.Start();
        BoardNvmeHost host = new(rig, () => reactor.Turn(rig.Platform.NowNanoseconds));
        ServeHost(rig, host);

        rig.Soc.Host.HotReset();
        host.RunUntil(() => !rig.Soc.Host.IsLinkUp || rig.Platform.Endpoint.IsResetPending, "the reset is seen");
        ServeHost(rig, host);
        rig.AssertClean();
        Assert.Equal(0, rig.Host.StrayWrites);
    }

    private static void ServeHost(BoardRig rig, BoardNvmeHost host)
    {
        host.RunUntil(() => rig.Soc.Host.IsLinkUp, "the link trains");
        _ = rig.Soc.Host.ConfigWrite(0x10, 4, 0x8000_0000);
        _ = rig.Soc.Host.ConfigWrite(0x14, 4, 0);
        _ = rig.Soc.Host.ConfigWrite(0x04, 2, 0x0006);
        host.RunUntil(() => rig.Platform.IsBusMasterEnabled, "bus mastering is seen");
        host.Enable();
        Assert.Equal(0, host.Identify(DataAt));
        Assert.Equal("BOARD1", System.Text.Encoding.ASCII.GetString(rig.Host.Memory, DataAt + 4, 20).Trim());
        host.CreateIoQueues();
        Random random = new(3);
        for (int round = 0; round < 20; round++)
        {
            int blocks = random.Next(1, 129);
            random.NextBytes(rig.Host.Memory.AsSpan(DataAt, blocks * 512));
            byte[] written = rig.Host.Memory.AsSpan(DataAt, blocks * 512).ToArray();
            ulong lba = (ulong)random.Next(0, 1024);
            Assert.Equal(0, host.Transfer(isWrite: true, lba, blocks, DataAt));
            Assert.Equal(0, host.Transfer(isWrite: false, lba, blocks, DataAt + 0x10_0000));
            Assert.True(rig.Host.Memory.AsSpan(DataAt + 0x10_0000, blocks * 512).SequenceEqual(written), $"round {round}");
        }
    }
}
