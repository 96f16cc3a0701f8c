using Nvmepf.Firmware.Passthrough;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Passthrough;

/// <summary>What passes and what does not, opcode by opcode, log page by log page, feature by feature.</summary>
public sealed class FilterTests
{
    [Fact]
    public void Every_opcode_is_passed_answered_or_refused_as_listed()
    {
        byte[] admin = [0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x08, 0x09, 0x0A, 0x0C, 0x18];
        byte[] io = [0x00, 0x01, 0x02, 0x04, 0x05, 0x08, 0x09, 0x0C, 0x19];
        for (int opcode = 0; opcode < 256; opcode++)
        {
            bool isAdmin = Array.IndexOf(admin, (byte)opcode) >= 0 || opcode >= 0xC0;
            Assert.True(isAdmin == PassthroughTable.Admin((byte)opcode) is not null, $"admin opcode {opcode:x2}h");
            bool isIo = Array.IndexOf(io, (byte)opcode) >= 0;
            Assert.True(isIo == PassthroughTable.Io((byte)opcode) is not null, $"I/O opcode {opcode:x2}h");
        }
    }

    [Fact]
    public void Every_feature_has_the_route_that_is_listed()
    {
        byte[] own = [0x01, 0x07, 0x08, 0x09, 0x0B, 0x0F, 0x16, 0x19, 0x81];
        byte[] target = [0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x0E, 0x10, 0x11, 0x12, 0x13, 0x14, 0x17];
        for (int feature = 0; feature < 256; feature++)
        {
            PassthroughRoute expected = Array.IndexOf(own, (byte)feature) >= 0 ? PassthroughRoute.Own
                : Array.IndexOf(target, (byte)feature) >= 0 || feature >= 0xC0 ? PassthroughRoute.Target
                : feature == 0x1D ? PassthroughRoute.TargetReadOnly
                : PassthroughRoute.Refused;
            Assert.True(expected == PassthroughFilter.Of((FeatureId)feature), $"feature {feature:x2}h");
        }
    }

    [Fact]
    public void Every_log_page_has_the_route_that_is_listed()
    {
        byte[] own = [0x01, 0x04];
        byte[] corrected = [0x00, 0x05, 0x12];
        byte[] target = [0x02, 0x03, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0D, 0x0E, 0x10, 0x16, 0x81];
        for (int page = 0; page < 256; page++)
        {
            PassthroughRoute expected = Array.IndexOf(own, (byte)page) >= 0 ? PassthroughRoute.Own
                : Array.IndexOf(corrected, (byte)page) >= 0 ? PassthroughRoute.Corrected
                : Array.IndexOf(target, (byte)page) >= 0 || page >= 0xC0 ? PassthroughRoute.Target
                : PassthroughRoute.Refused;
            Assert.True(expected == PassthroughFilter.Of((LogPageId)page), $"log page {page:x2}h");
        }
    }

    [Fact]
    public void Data_lengths_are_those_of_the_standard()
    {
        Assert.Equal(4096u, PassthroughFilter.DataLengthBytes(FeatureId.LbaRangeType));
        Assert.Equal(256u, PassthroughFilter.DataLengthBytes(FeatureId.AutonomousPowerStateTransition));
        Assert.Equal(8u, PassthroughFilter.DataLengthBytes(FeatureId.Timestamp));
        Assert.Equal(512u, PassthroughFilter.DataLengthBytes(FeatureId.PredictableLatencyModeConfig));
        Assert.Equal(0u, PassthroughFilter.DataLengthBytes(FeatureId.PowerManagement));
    }

    [Fact]
    public void The_effects_log_keeps_what_passes_and_loses_the_rest()
    {
        uint[] page = new uint[1024];
        Array.Fill(page, 0x0012_0001u);
        PassthroughLogPage.Correct(LogPageId.CommandsSupportedAndEffects, 0, page);
        Assert.Equal(0u, page[0x80]); // Format NVM
        Assert.Equal(0u, page[0x10]); // Firmware Commit
        Assert.Equal(0x0012_0001u, page[0xC1]); // vendor specific: the target's word
        Assert.Equal(1u, page[0x01] & 1); // Create I/O Submission Queue: ours
        Assert.Equal(0x0012_0001u, page[256 + 0x01]); // Write
        Assert.Equal(0u, page[256 + 0x0D]); // Reservation Register
        Assert.Equal(0x0012_0001u, page[512]); // behind the commands
    }

    [Fact]
    public void A_part_of_a_page_is_corrected_at_its_place()
    {
        uint[] part = [1, 1, 1];
        PassthroughLogPage.Correct(LogPageId.SupportedLogPages, 0x0B, part);
        Assert.Equal([0u, 0u, 1u], part); // 0Bh and 0Ch are refused, 0Dh passes
        uint[] features = [0, 1, 1];
        PassthroughLogPage.Correct(LogPageId.FeatureIdentifiersSupportedAndEffects, 0x0B, features);
        Assert.Equal(1u, features[0] & 1); // Asynchronous Event Configuration is ours, whatever the target has
        Assert.Equal([1u, 0u], features[1..]); // 0Ch passes, 0Dh (host memory buffer) does not
    }
}
