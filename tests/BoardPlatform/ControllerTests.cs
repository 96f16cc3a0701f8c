// The whole firmware on the platform on the model, with a small NVMe host on the other side of the link.
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

public sealed class ControllerTests
{
    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, true)]
    [InlineData(true, true, true)]
    [InlineData(false, false, false)]
    public void A_host_enables_identifies_writes_and_reads(bool barInCarveOut, bool buffersInCarveOut, bool usesDma)
    {
        BoardRigOptions options = new() { HasBarInCarveOut = barInCarveOut, HasBuffersInCarveOut = buffersInCarveOut, UsesDma = usesDma };
        using BoardFirmware firmware = new(options);
        ServeHost(firmware);

        BoardRig rig = firmware.Rig;
        rig.Soc.Host.HotReset();
        firmware.Host.RunUntil(() => !rig.Soc.Host.IsLinkUp || rig.Platform.Endpoint.IsResetPending, "the reset is seen");
        ServeHost(firmware);
        rig.AssertClean();
        Assert.Equal(0, rig.Host.StrayWrites);
    }

    private static void ServeHost(BoardFirmware firmware)
    {
        BoardNvmeHost host = firmware.Host;
        firmware.ConnectHost();
        host.Enable();
        Assert.Equal(0, host.Identify(BoardFirmware.DataAt));
        Assert.Equal(BoardFirmware.Serial, System.Text.Encoding.ASCII.GetString(firmware.Rig.Host.Memory, BoardFirmware.DataAt + 4, 20).Trim());
        host.CreateIoQueues();
        Random random = new(3);
        for (int round = 0; round < 20; round++)
        {
            Assert.True(firmware.WriteAndRead(random, random.Next(1, 129), (ulong)random.Next(0, 1024)), $"round {round}");
        }
    }
}
