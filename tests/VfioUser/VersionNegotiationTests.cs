using System.Text;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

public sealed class VersionNegotiationTests
{
    private const int MapsMax = 65535;

    [Fact]
    public void The_message_of_QEMU_is_understood()
    {
        Assert.True(VersionNegotiation.TryRead(RawClient.Version(0, 0, RawClient.QemuCapabilities), out ClientCapabilities client));
        Assert.True(client.HasText);
        Assert.Equal(16, client.MaxMessageFds);
        Assert.Equal(1 << 20, client.MaxDataTransferBytes);
        Assert.Equal(65535, client.MaxDmaMaps);
        Assert.Equal(4096, client.PageSizes);
    }

    [Fact]
    public void Four_bytes_mean_the_defaults()
    {
        Assert.True(VersionNegotiation.TryRead(RawClient.Version(0, 1, ""), out ClientCapabilities client));
        Assert.False(client.HasText);
        Assert.Equal(1, client.MaxMessageFds);
        Assert.Equal(1 << 20, client.MaxDataTransferBytes);
        Assert.Equal("{\"capabilities\":{}}\0", ReplyText(RawClient.Version(0, 1, "")));
    }

    [Theory]
    [InlineData("{}\0")]
    [InlineData(" { } \0")]
    [InlineData("{\"capabilities\":{}}\0")]
    [InlineData("{\"capabilities\":{\"max_msg_fds\":8}}\0")]
    [InlineData("{\"capabilities\":{\"twin_socket\":{\"supported\":true}}}\0")]
    [InlineData("{\"other\":[1,-2.5e+3,null,\"\\u00e9\\n\"],\"capabilities\":{\"x\":{\"y\":[]}}}\0")]
    [InlineData("{\"capabilities\":{}}\0garbage after the end")]
    public void Json_is_accepted(string text) => Assert.True(VersionNegotiation.TryRead(RawClient.Version(0, 1, text), out _));

    [Theory]
    [InlineData("\0")]
    [InlineData("{\"capabilities\":{}}")]
    [InlineData("{\"capabilities\":{}\0")]
    [InlineData("{\"capabilities\":{}}}\0")]
    [InlineData("{\"capabilities\":[]}\0")]
    [InlineData("{\"capabilities\":5}\0")]
    [InlineData("[]\0")]
    [InlineData("5\0")]
    [InlineData("{capabilities:{}}\0")]
    [InlineData("{\"capabilities\":{\"max_msg_fds\":\"8\"}}\0")]
    [InlineData("{\"capabilities\":{\"max_msg_fds\":-1}}\0")]
    [InlineData("{\"capabilities\":{\"max_msg_fds\":1.5}}\0")]
    [InlineData("{\"capabilities\":{\"max_msg_fds\":01}}\0")]
    [InlineData("{\"capabilities\":{\"max_msg_fds\":}}\0")]
    [InlineData("{\"capabilities\":{\"max_data_xfer_size\":99999999999999999999}}\0")]
    [InlineData("{\"capabilities\":{\"write_multiple\":1}}\0")]
    [InlineData("{\"capabilities\":{\"pgsizes\":4096,}}\0")]
    [InlineData("{\"capabilities\":{\"x\":\"\\q\"}}\0")]
    [InlineData("{\"capabilities\":{\"x\":\"\\u12\"}}\0")]
    [InlineData("{\"capabilities\":{\"x\":tru}}\0")]
    [InlineData("{\"capabilities\":{\"x\":-}}\0")]
    [InlineData("{\"capabilities\":{\"x\":1.}}\0")]
    [InlineData("{\"capabilities\":{\"x\":1e}}\0")]
    [InlineData("{\"capabilities\":{\"x\":[1 2]}}\0")]
    [InlineData("{\"capabilities\":{\"x\n\":1}}\0")]
    public void Malformed_json_is_refused(string text) => Assert.False(VersionNegotiation.TryRead(RawClient.Version(0, 1, text), out _));

    [Fact]
    public void Json_that_nests_without_end_is_refused()
    {
        string text = "{\"capabilities\":{\"x\":" + new string('[', 500_000) + "\0";
        Assert.False(VersionNegotiation.TryRead(RawClient.Version(0, 1, text), out _));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void The_payload_has_two_numbers_at_least(int length, bool accepted) =>
        Assert.Equal(accepted, VersionNegotiation.TryRead(new byte[length], out _));

    [Theory]
    [InlineData(0, 0, true, 0)]
    [InlineData(0, 1, true, 1)]
    [InlineData(0, 2, true, 1)]
    [InlineData(0, 65535, true, 1)]
    [InlineData(1, 0, false, 0)]
    public void The_reply_never_has_a_higher_minor_version_than_the_client(ushort major, ushort minor, bool accepted, int replyMinor)
    {
        Assert.Equal(accepted, VersionNegotiation.TryRead(RawClient.Version(major, minor, "{}\0"), out ClientCapabilities client));
        if (accepted)
        {
            byte[] reply = new byte[256];
            VersionNegotiation.WriteReply(client, 7, MapsMax, reply);
            Assert.Equal(0, BitConverter.ToUInt16(reply, 0));
            Assert.Equal(replyMinor, BitConverter.ToUInt16(reply, 2));
        }
    }

    [Fact]
    public void The_reply_to_QEMU_has_only_keys_that_it_sent_and_is_shorter_than_the_request()
    {
        byte[] request = RawClient.Version(0, 0, RawClient.QemuCapabilities);
        string text = ReplyText(request);
        Assert.Equal("{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":1048576,\"pgsizes\":4096,\"max_dma_maps\":65535}}\0", text);
        Assert.True(text.Length + 4 <= request.Length);
    }

    [Fact]
    public void The_reply_to_cloud_hypervisor_fits_its_request()
    {
        byte[] request = RawClient.Version(
            0, 1, "{\"capabilities\":{\"max_msg_fds\":1,\"max_data_xfer_size\":1048576,\"migration\":{\"pgsize\":4096}}}\0");
        Assert.Equal("{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":1048576}}\0", ReplyText(request));
    }

    [Fact]
    public void Keys_that_do_not_fit_into_the_length_of_the_request_are_left_out()
    {
        byte[] request = RawClient.Version(0, 0, "{\"capabilities\":{\"max_dma_maps\":9,\"max_data_xfer_size\":0}}\0");
        string text = ReplyText(request);
        Assert.True(text.Length + 4 <= request.Length);
        Assert.StartsWith("{\"capabilities\":{\"max_data_xfer_size\":1048576", text, StringComparison.Ordinal);
        Assert.EndsWith("}}\0", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_sizes_without_4_KiB_are_not_answered() =>
        Assert.Equal("{\"capabilities\":{}}\0", ReplyText(RawClient.Version(0, 0, "{\"capabilities\":{\"pgsizes\":65536}}\0")));

    [Fact]
    public void The_number_of_maps_is_the_smaller_of_both()
    {
        byte[] request = RawClient.Version(0, 0, "{\"capabilities\":{\"max_dma_maps\":7 }}\0");
        Assert.Equal("{\"capabilities\":{\"max_dma_maps\":7}}\0", ReplyText(request));
    }

    private static string ReplyText(byte[] request)
    {
        Assert.True(VersionNegotiation.TryRead(request, out ClientCapabilities client));
        byte[] reply = new byte[256];
        int length = VersionNegotiation.WriteReply(client, request.Length, MapsMax, reply);
        return Encoding.UTF8.GetString(reply, 4, length - 4);
    }
}
