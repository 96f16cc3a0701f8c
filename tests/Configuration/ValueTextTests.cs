using Nvmepf.Firmware.Configuration;
using Xunit;

namespace Nvmepf.Tests.Configuration;

public sealed class ValueTextTests
{
    [Theory]
    [InlineData("512", 512ul, "512")]
    [InlineData("1024", 1024ul, "1K")]
    [InlineData("4k", 4096ul, "4K")]
    [InlineData("16M", 16ul << 20, "16M")]
    [InlineData("1536M", 1536ul << 20, "1536M")]
    [InlineData("4G", 4ul << 30, "4G")]
    [InlineData("1T", 1ul << 40, "1T")]
    [InlineData("8388607T", 8388607ul << 40, "8388607T")]
    [InlineData("9223372036854775807", long.MaxValue, "9223372036854775807")]
    [InlineData("007", 7ul, "7")]
    public void Sizes_are_read_and_shown(string text, ulong bytes, string shown)
    {
        Assert.Null(ValueText.ParseSize(text, out ulong read));
        Assert.Equal(bytes, read);
        Assert.Equal(shown, ValueText.ShowSize(read));
    }

    [Theory]
    [InlineData("", "not a size")]
    [InlineData("G", "not a size")]
    [InlineData("4 G", "not a size")]
    [InlineData("4GB", "not a size")]
    [InlineData("4.5G", "not a size")]
    [InlineData("-1", "not a size")]
    [InlineData("+1", "not a size")]
    [InlineData("0x100", "not a size")]
    [InlineData("0", "zero")]
    [InlineData("0T", "zero")]
    [InlineData("9223372036854775808", "larger than any file (2^63 - 1 bytes)")]
    [InlineData("8388608T", "larger than any file (2^63 - 1 bytes)")]
    [InlineData("99999999999999999999999999999999T", "larger than any file (2^63 - 1 bytes)")]
    public void What_is_no_size_is_refused(string text, string problem) => Assert.Equal(problem, ValueText.ParseSize(text, out _));

    [Theory]
    [InlineData("1.2.1", 0x0001_0201u, "1.2.1")]
    [InlineData("1.4", 0x0001_0400u, "1.4")]
    [InlineData("2.1", 0x0002_0100u, "2.1")]
    [InlineData("2.1.0", 0x0002_0100u, "2.1")]
    public void Versions_are_those_of_the_register(string text, uint version, string shown)
    {
        Assert.Null(ValueText.ParseVersion(text, out uint read));
        Assert.Equal(version, read);
        Assert.Equal(shown, ValueText.ShowVersion(read));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2")]
    [InlineData("2.2")]
    [InlineData("2.1.1")]
    [InlineData("2.1.0.0")]
    [InlineData("2.1 ")]
    public void Versions_that_were_never_published_are_refused(string text) => Assert.NotNull(ValueText.ParseVersion(text, out _));

    [Theory]
    [InlineData("00112233445566778899aabbccddeeff")]
    [InlineData("00112233-4455-6677-8899-AABBCCDDEEFF")]
    [InlineData("00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff")]
    public void An_NGUID_is_sixteen_bytes_in_order(string text)
    {
        Assert.Null(ValueText.ParseNguid(text, out byte[] nguid));
        Assert.Equal("00112233445566778899AABBCCDDEEFF", Convert.ToHexString(nguid));
        Assert.Equal("00112233-4455-6677-8899-aabbccddeeff", ValueText.ShowNguid(nguid));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("00112233445566778899aabbccddee")]
    [InlineData("00112233445566778899aabbccddeeff00")]
    [InlineData("00112233445566778899aabbccddeefg")]
    [InlineData("0-0112233445566778899aabbccddeeff")]
    public void Another_number_of_bytes_is_no_NGUID(string text) => Assert.NotNull(ValueText.ParseNguid(text, out _));

    [Theory]
    [InlineData("nqn.2014-08.org.nvmexpress:uuid:d592cdf3-0000-4000-8000-000000000001")]
    [InlineData("nqn.2014-08.org.nvmexpress.discovery")]
    [InlineData("nqn.2026-01.lab:ep0")]
    [InlineData("nqn.2026-12.com.example-site:a:b:c")]
    public void Names_of_the_standards_form_are_recognised(string name)
    {
        Assert.Null(QualifiedName.Check(name));
        Assert.Null(QualifiedName.CheckForm(name));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("a b", "contains a blank, a slash or a control character")]
    [InlineData("a/b", "contains a blank, a slash or a control character")]
    public void Names_that_no_directory_and_no_log_can_have_are_refused(string name, string problem) => Assert.Equal(problem, QualifiedName.Check(name));

    [Theory]
    [InlineData("testnqn", "does not begin with nqn.")]
    [InlineData("nqn.a", "no date (YYYY-MM) after nqn.")]
    [InlineData("nqn.", "no date (YYYY-MM) after nqn.")]
    [InlineData("nqn.2026-1.lab:x", "no date (YYYY-MM) after nqn.")]
    [InlineData("nqn.2026-00.lab:x", "no date (YYYY-MM) after nqn.")]
    [InlineData("nqn.2026_01.lab:x", "no date (YYYY-MM) after nqn.")]
    [InlineData("nqn.2026-01.lab", "no domain and name with a colon between them after the date")]
    [InlineData("nqn.2026-01.:x", "no domain and name with a colon between them after the date")]
    [InlineData("nqn.2026-01.lab:", "no domain and name with a colon between them after the date")]
    [InlineData("nqn.2026-01.la_b:x", "not a domain after the date")]
    [InlineData("nqn.2014-08.org.nvmexpress:uuid:1234", "no UUID after uuid:")]
    public void Names_of_no_such_form_are_taken_as_nvmet_takes_them(string name, string deviation)
    {
        Assert.Null(QualifiedName.Check(name));
        Assert.Equal(deviation, QualifiedName.CheckForm(name));
    }

    [Fact]
    public void A_name_has_at_most_223_bytes()
    {
        Assert.Null(QualifiedName.Check(new string('n', 223)));
        Assert.Equal("224 bytes long", QualifiedName.Check(new string('n', 224)));
        Assert.Equal("224 bytes long", QualifiedName.Check(new string('\u00fc', 112)));
    }

    [Theory]
    [InlineData("/dev/nullb0", "/dev/nullb0")]
    [InlineData("/srv/a,size=4G", "/srv/a,size=4G")]
    [InlineData("file:/srv/a", "file:/srv/a")]
    [InlineData("file:/srv//x/../a,size=1024K", "file:/srv/a,size=1M")]
    [InlineData("file:/srv/a,b,lba=512,size=8M", "file:/srv/a,b,size=8M,lba=512")]
    [InlineData("file:/srv/a,b=c/d", "file:/srv/a,b=c/d")]
    [InlineData("block:/dev/disk/by-id/x:y,lba=4096", "block:/dev/disk/by-id/x:y,lba=4096")]
    [InlineData("block:/dev/nvme0n1,poll=on,lba=4096", "block:/dev/nvme0n1,lba=4096,poll=on")]
    [InlineData("file:/srv/a,poll=off,size=8M", "file:/srv/a,size=8M,poll=off")]
    [InlineData("ram:2048M", "ram:2G")]
    [InlineData("null:1t,lba=4096", "null:1T,lba=4096")]
    public void Namespaces_are_read_and_shown_in_one_form(string text, string shown)
    {
        Assert.Null(NamespaceSource.Parse(text, out NamespaceSource source));
        Assert.Equal(shown, source.ToString());
        Assert.Null(NamespaceSource.Parse(shown, out NamespaceSource again));
        Assert.Equal(source, again);
    }

    [Fact]
    public void A_relative_path_starts_at_the_working_directory()
    {
        Assert.Null(NamespaceSource.Parse("file:disk.img", out NamespaceSource source));
        Assert.Equal(Path.Combine(Directory.GetCurrentDirectory(), "disk.img"), source.Path);
    }
}
