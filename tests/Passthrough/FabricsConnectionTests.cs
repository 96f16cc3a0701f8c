using Nvmepf.Firmware.Passthrough;
using Xunit;

namespace Nvmepf.Tests.Passthrough;

/// <summary>Options for the kernel's fabrics host, as text.</summary>
public sealed class FabricsConnectionTests
{
    private const string Good = "transport=tcp,traddr=192.0.2.1,trsvcid=4420,nqn=nqn.2026-01.test:volume";

    [Theory]
    [InlineData(Good, null)]
    [InlineData("transport=tcp,traddr=192.0.2.1", "transport, traddr or nqn is missing")]
    [InlineData("transport=tcp,traddr,nqn=a", "not KEY=VALUE,KEY=VALUE... without blanks")]
    [InlineData("transport=tcp, traddr=a,nqn=b", "not KEY=VALUE,KEY=VALUE... without blanks")]
    [InlineData("transport=tcp,traddr=a,nqn=b,nqn=c", "a key is given twice")]
    public void Options_are_checked(string options, string? problem) => Assert.Equal(problem, FabricsConnection.Check(options));

    [Fact]
    public void A_host_identity_and_a_quick_reconnect_are_added_where_none_is_given()
    {
        string complete = FabricsConnection.Complete(Good, "nqn.2026-01.test:board");
        Assert.StartsWith(Good + ",hostnqn=nqn.2014-08.org.nvmexpress:uuid:", complete, StringComparison.Ordinal);
        Assert.EndsWith(",reconnect_delay=2", complete, StringComparison.Ordinal);
        Assert.Equal(complete, FabricsConnection.Complete(Good, "nqn.2026-01.test:board"));
        Assert.Equal("nqn.2014-08.org.nvmexpress:uuid:" + FabricsConnection.Value(complete, "hostid"), FabricsConnection.Value(complete, "hostnqn"));
        string own = Good + ",hostnqn=nqn.x,hostid=1,reconnect_delay=9";
        Assert.Equal(own, FabricsConnection.Complete(own, "nqn.2026-01.test:board"));
    }
}
