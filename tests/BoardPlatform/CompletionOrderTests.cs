// Data has to be in host memory before its completion. The eDMA's writes and the CPU's stores meet in the controller's bridge, and whether
// they keep their order there is not certain: with cqe=window it is assumed, with cqe=dma it is not.
using Nvmepf.Hal.Rk3588;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

public sealed class CompletionOrderTests
{
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
        BoardRigOptions options = new() { Switches = new Rk3588Switches { CompletionsByDma = completionsByDma } };
        using BoardFirmware firmware = new(options, hostLooksAtQueues: true);
        firmware.ConnectHost();
        firmware.Host.Enable();
        firmware.Host.CreateIoQueues();
        firmware.Rig.Faults.PostedDelayNanoseconds = 200_000;
        firmware.Rig.Faults.PostedReorderPerMillion = reorderPerMillion;
        int early = 0;
        Random random = new(5);
        for (int round = 0; round < 40; round++)
        {
            early += firmware.WriteAndRead(random, random.Next(1, 129), startingLba: 0) ? 0 : 1;
        }

        return early;
    }
}
