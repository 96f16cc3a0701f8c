// Data has to be in host memory before its completion. The eDMA's writes and the CPU's stores meet in the controller's bridge, and whether
// they keep their order there is not certain: with cqe=window it is assumed, with cqe=dma it is not.
using Nvmepf.Firmware;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal.Rk3588;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

public sealed class CompletionOrderTests
{
    private const int DataAt = 0x10_0000;

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(300_000)]
    public void Completions_by_dma_never_come_before_their_data(int reorderPerMillion) =>
        Assert.Equal(0, CompletionsBeforeTheirData(completionsByDma: true, reorderPerMillion));

    [Fact]
    public void Completions_by_window_rely_on_the_bridges_order()
    {
        Assert.Equal(0, CompletionsBeforeTheirData(completionsByDma: false, reorderPerMillion: 0));
        Assert.NotEqual(0, CompletionsBeforeTheirData(completionsByDma: false, reorderPerMillion: 1_000_000));
    }

    private static int CompletionsBeforeTheirData(bool completionsByDma, int reorderPerMillion)
    {
        using BoardRig rig = new(new BoardRigOptions { Switches = new Rk3588Switches { CompletionsByDma = completionsByDma } });
        using EventLog log = new(Stream.Null);
        using RamBackend backend = new(1 << 20);
        backend.Open();
        ControllerSettings settings = new()
        {
            SubsystemNqn = "nqn.2014-08.org.nvmexpress:uuid:test",
            Serial = "BOARD1",
            MaximumTransferBytes = 64 * 1024,
            TransferBuffers = 8,
            CommandSlots = 64,
            QueueEntriesMax = 64,
        };
        NvmeNamespace[] namespaces = [new NvmeNamespace(1, backend, 512, Guid.NewGuid(), new byte[16])];
        using NvmeController controller = new(settings, rig.Platform, new NamespaceTable(namespaces), log);
        using Reactor reactor = new(rig.Platform, controller, log, new ReactorOptions(PollMode.Busy, RingEntries: 256));
        reactor.Start();
        BoardNvmeHost host = new(rig, () => reactor.Turn(rig.Platform.NowNanoseconds)) { LooksAtQueues = true };
        host.RunUntil(() => rig.Soc.Host.IsLinkUp, "the link trains");
        _ = rig.Soc.Host.ConfigWrite(0x10, 4, 0x8000_0000);
        _ = rig.Soc.Host.ConfigWrite(0x14, 4, 0);
        _ = rig.Soc.Host.ConfigWrite(0x04, 2, 0x0006);
        host.RunUntil(() => rig.Platform.IsBusMasterEnabled, "bus mastering is seen");
        host.Enable();
        host.CreateIoQueues();
        rig.Faults.PostedDelayNanoseconds = 200_000;
        rig.Faults.PostedReorderPerMillion = reorderPerMillion;
        return ReadAndCompare(rig, host);
    }

    private static int ReadAndCompare(BoardRig rig, BoardNvmeHost host)
    {
        int early = 0;
        Random random = new(5);
        for (int round = 0; round < 40; round++)
        {
            int blocks = random.Next(1, 129);
            random.NextBytes(rig.Host.Memory.AsSpan(DataAt, blocks * 512));
            byte[] written = rig.Host.Memory.AsSpan(DataAt, blocks * 512).ToArray();
            Assert.Equal(0, host.Transfer(isWrite: true, 0, blocks, DataAt));
            Assert.Equal(0, host.Transfer(isWrite: false, 0, blocks, DataAt + 0x10_0000));
            early += rig.Host.Memory.AsSpan(DataAt + 0x10_0000, blocks * 512).SequenceEqual(written) ? 0 : 1;
        }

        return early;
    }
}
