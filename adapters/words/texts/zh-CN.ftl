### Keyward 的简体中文文本。
###
### 正文是完整的句子；`.remedy` 说明下一步怎么做，也是完整的句子；`.title` 是表格单元格里的一两个词。标签不加句号。
### 汉字与西文、数字之间留一个半角空格；标点用全角。对用户称“您”处尽量省略主语。
###
### 术语表（英文 = 中文）：
###   license = 许可证              license key = 许可证密钥          key server = 激活服务器
###   license server = 许可证服务器  vendor = 供应商                  reseller = 经销商
###   activate, activation = 激活   return = 归还                    refresh = 刷新
###   trial = 试用                  borrow = 借用                    seat = 席位
###   slot (of an activation) = 激活名额                             dongle = 加密狗
###   host, computer = 计算机       device = 设备                    license vault = 许可证库
###   anchor = 锚点                 request = 请求                   answer = 响应
###   edition = 版本                version = 版本号                 maintenance = 维护期
###   stand-alone = 单机            network = 网络                   server connection = 服务器连接
###   perpetual = 永久              rental = 租赁                    encryption type = 加密类型
###   issuer = 签发方               revoke = 吊销                    product profile = 产品配置文件
###   root key = 根密钥             signature = 签名                 ledger = 账本
###   trust flag = 信任标志         backend = 后端                   proxy = 代理

## 组合方式

verbatim = { $text }
untold = { $text }
join-list = { $before }、{ $next }
join-choice = { $before }，或者{ $next }
join-clauses = { $before }；{ $next }
join-sentences = { $before }{ $next }
length-minutes = { $minutes } 分钟
length-hours = { $hours } 小时 { $minutes } 分钟
length-days = { $days } 天 { $hours } 小时

## 标签：标题与页面

label-this-language = 简体中文
label-languages = 语言
label-license-manager = 许可证管理器
label-portal = 许可证门户
label-license-information = 许可证信息
label-license-key = 许可证密钥
label-usb-dongle = USB 加密狗
label-return-license = 归还许可证
label-license-management = 许可证管理
label-activation = 激活
label-account = 账户
label-proxy-settings = 代理设置

## 标签：方式

label-online-activation = 在线激活
label-manual-activation = 手动激活
label-network-license = 网络许可证
label-borrow-license = 借用许可证
label-standalone-dongle = 单机加密狗
label-network-dongle = 网络加密狗
label-online-return = 在线归还
label-manual-return = 手动归还
label-borrowed-return = 归还借用

## 标签：表头

label-number = 序号
label-product-version-language = 产品/版本号/语言
label-product = 产品
label-version = 版本号
label-edition = 版本
label-language = 语言
label-status = 状态
label-expiration-date = 到期日期
label-trust-flag = 信任标志
label-encryption-type = 加密类型
label-license-type = 许可类型
label-service-period = 服务期限
label-license-status = 许可证状态
label-response-xml = 响应 XML
label-device = 设备
label-last-seen = 最近联系
label-history = 历史记录
label-time = 时间
label-event = 事件
label-activations = 激活数
label-request-file = 请求文件
label-answer-file = 响应文件
label-qr-code = 二维码

## 标签：按钮

label-activate = 激活
label-start-trial = 开始试用
label-refresh = 刷新
label-return = 归还
label-borrow = 借用
label-query = 查询
label-generate = 生成
label-load = 载入
label-submit = 提交
label-download = 下载
label-choose-file = 选择文件
label-save = 保存
label-cancel = 取消
label-close = 关闭
label-back = 返回
label-log-in = 登录
label-log-out = 退出登录
label-free-slot = 释放此名额
label-help = 帮助
label-skip-to-content = 跳到正文

## 标签：单元格

label-never-expires = 永不过期
label-fully-trusted = 完全可信
label-not-this-host = 非本机
label-no-licenses = 没有许可证
label-no-answer-yet = 尚无响应
label-valid = 有效
label-expired = 已过期
label-not-yet-valid = 尚未生效
label-revoked = 已吊销
label-unknown = 未知

## 标签：正文之前

label-cause = 原因
label-what-to-do = 处理方法
label-error = 错误
label-note = 提示

## 通知

notice-trial-left = 试用期还剩 { $days } 天。
notice-trial-left-until = 试用期还剩 { $days } 天，将于 { $until } 结束。
notice-period = { $from } 至 { $until }
notice-period-without-end = 自 { $from } 起，无截止日期
notice-activations-in-use = 已用 { $used } 个，共 { $most } 个
notice-activated = 激活成功，无需重新启动。
notice-refreshed = 刷新成功。
notice-nothing-to-refresh = 没有可刷新的许可证。
notice-returned = 许可证归还成功，可以在其他计算机上激活。
notice-host-is-new = 本机已有新的密钥。
    .remedy = 请用许可证密钥激活，本机将获得自己的激活名额。
notice-request-saved = 请求已保存到文件 { $file }。
    .remedy = 请在供应商的门户提交该文件，或交由经销商处理，然后在本机载入响应文件。
notice-return-request-saved = 从现在起，该许可证在本机停用；归还请求已保存到文件 { $file }。
    .remedy = 请在供应商的门户提交该文件，或交由经销商处理，之后其他计算机即可使用该许可证。在本机载入响应文件后，该行将被移除。
notice-request-shown = 此二维码即为请求。
    .remedy = 请用手机扫描，在供应商的门户获取响应，然后在本机载入。
notice-answer-saved = 响应已保存到文件 { $file }。
    .remedy = 请在生成请求的计算机上载入该文件。
notice-answer-ready = 响应已就绪。
    .remedy = 请下载响应文件，带到生成请求的计算机上载入。
notice-waiting = 正在等待以下请求的响应：{ $kind }。
    .remedy = 请刷新以重新发送同一请求，或载入响应文件。
notice-nothing-waits = 没有等待响应的请求。
notice-how-to-activate-by-file = 请选择许可证管理器在您的计算机上生成的请求文件（文件名以 .xml 结尾）并提交，然后下载响应文件，在该计算机上载入。
notice-how-to-return-by-file = 请选择许可证管理器在您的计算机上生成的归还请求文件（文件名以 -return.xml 结尾）并提交，然后下载响应文件，在该计算机上载入。
notice-how-to-log-in = 请输入供应商提供的许可证密钥：共 25 个字符，分为五组。
notice-not-let-in = 没有与该密钥对应的许可证。
    .remedy = 请对照供应商的邮件核对密钥；如果无误，请联系供应商。
notice-too-often = 来自您所在地址的尝试过于频繁。
    .remedy = 请在 { $seconds } 秒后重试。
notice-form-is-old = 此页面打开时间过长，或表单并非来自本门户。未作任何更改。
    .remedy = 请重新填写表单。
notice-logged-out = 您已退出登录。
notice-no-file-chosen = 未选择文件。
    .remedy = 请选择请求文件，然后提交。
notice-file-too-large = 文件过大：请求文件最多 { $most } 字节。
    .remedy = 请选择许可证管理器生成的请求文件。
notice-link-sent = 如果供应商登记了该许可证所有者的地址，链接已发送到该地址。该链接只能使用一次。
    .remedy = 请打开邮件中的链接以释放名额；如果没有收到邮件，请联系供应商。
notice-link-is-old = 该链接已被使用过、已过期，或复制不完整。
    .remedy = 请重新申请链接。
notice-freeing-a-slot = 计算机 { $host } 下次联系服务器时，其许可证将停用；名额可立即在别处激活。请仅在该计算机已丢失或无法自行归还许可证时使用。
notice-slot-freed = 计算机 { $host } 的名额已释放。
    .remedy = 请在另一台计算机上用许可证密钥激活。
notice-no-such-page = 没有此页面。
    .remedy = 请返回首页。
notice-out-of-order = 服务器暂时无法处理。未作任何更改。
    .remedy = 请稍后重试。

## 拒绝

refusal-other-vendor = 该请求是发给另一家供应商的。
    .remedy = 请使用产品自带的产品配置文件。
refusal-unknown-key = 供应商没有此许可证密钥的记录。
    .remedy = 请对照供应商的邮件核对密钥；如果无误，请联系供应商。
refusal-key-replaced = 此许可证密钥已被新密钥取代。
    .remedy = 请使用供应商发来的新密钥。
refusal-other-product = 此许可证密钥适用于产品 { $product }。
    .remedy = 请在 { $product } 中激活。
refusal-unknown-product = 供应商没有产品 { $product }。
    .remedy = 请向供应商索取最新的产品配置文件。
refusal-unknown-edition = 该产品没有版本 { $edition }。
    .remedy = 请选择以下版本之一：{ $editions }。
refusal-maintenance-ended = 版本 { $version } 是在维护期于 { $until } 截止之后发布的。
    .remedy = 请使用较早的版本，或延长维护期。
refusal-expired = 许可证已于 { $until } 到期。
    .remedy = 请联系供应商续期，然后重试。
refusal-revoked = 供应商已吊销此许可证。
    .remedy = 请联系供应商。
refusal-needs-license-server = 这是网络许可证，须在许可证服务器上激活。
    .remedy = 请在许可证服务器上激活，再连接到该服务器。
refusal-needs-dongle = 此许可证在加密狗上。
    .remedy = 请插入加密狗。
refusal-stand-alone-key-has-no-server = 这是单机许可证密钥，没有可供许可证服务器使用的席位。
    .remedy = 请在要使用它的计算机上激活，或在此处使用网络许可证密钥。
refusal-stand-alone-dongle-has-no-server = 这是单机加密狗，没有可供许可证服务器使用的席位。
    .remedy = 请将它插入要使用它的计算机。
refusal-no-activation-left = 全部 { $activations } 个激活名额均在使用中：{ $holders }。
    .remedy = 请在其中一台计算机上归还许可证；如果某台计算机已丢失，请由所有者释放其名额。
holder = { $host }（自 { $since } 起）
refusal-moves-spent = 此许可证在 { $days } 天内已转移 { $moves } 次，达到上限。
    .remedy = 请在 { $next } 之后重试，或联系供应商。
refusal-transfers-spent = 在 { $days } 天内已释放 { $transfers } 个名额，达到上限。
    .remedy = 请在 { $next } 之后重试，或联系供应商。
refusal-no-moves = 此许可证不能转移到其他安装：允许的转移次数为零。
    .remedy = 请在使用它的计算机上归还，或请供应商释放其名额。
refusal-no-transfers = 此许可证的所有者不能自行释放名额：允许的释放次数为零。
    .remedy = 请在使用它的计算机上归还，或请供应商释放该名额。
refusal-not-this-host = 此许可证绑定在另一台计算机上。
    .remedy = 请在本机用许可证密钥激活。
refusal-unknown-activation = 激活服务器上没有本机的此项激活记录。
    .remedy = 请用许可证密钥重新激活。
refusal-copied-host = 另一台计算机正在使用本机许可证库的副本。
    .remedy = 请在使用副本的计算机上运行 `keyward host new`，再用许可证密钥激活，它将获得自己的激活名额。
refusal-request-spent = 此请求先前已得到响应，所授予的许可证此后已归还。
    .remedy = 请重新激活。
refusal-trial-over = 本机的试用已于 { $until } 结束。
    .remedy = 请用许可证密钥激活。
refusal-no-trial = 供应商不提供此产品的试用。
    .remedy = 请用许可证密钥激活。
refusal-unsupported = 此服务器不支持该操作：{ $kind }。
    .remedy = 请使用支持该操作的许可证服务器或产品。
refusal-other-server = 此请求是发给另一台许可证服务器的。
    .remedy = 请重新连接许可证服务器：该地址上的计算机已经更换。
refusal-no-pool = 此许可证服务器没有 { $product } 的席位。
    .remedy = 请使用拥有此产品的许可证服务器。
refusal-unknown-feature = 此许可证没有功能 { $feature }。
    .remedy = 请选择其中之一：{ $features }。
refusal-pool-full = 全部 { $seats } 个席位都在使用中。排队位置：{ $place }。使用者：{ $holders }。
    .remedy = 请排队等待，或请其中一位使用者释放席位。
occupant = { $host } 上的 { $user }（自 { $since } 起）
occupant-with-a-loan = { $host } 上的 { $user }（自 { $since } 起，借用至 { $due }）
refusal-seat-gone = 此席位已归还，或已分配给其他人。
    .remedy = 请重新签出席位。
refusal-delegation-ended = 许可证服务器自身的许可证已于 { $until } 结束。
    .remedy = 请让许可证服务器在线或通过文件续期。
refusal-server-closed = 此许可证服务器已归还其许可证。
    .remedy = 请使用接替它的许可证服务器。
refusal-server-revoked = 供应商已撤销许可证服务器自身的许可证。
    .remedy = 请让管理该许可证服务器的人员联系供应商；在此之前，如有其他许可证服务器，请使用它。
refusal-server-elsewhere = 许可证服务器自身的许可证已不在此计算机上。
    .remedy = 请使用接替它的许可证服务器；如果没有，请用其网络密钥重新激活此服务器。
refusal-server-restored = 此许可证服务器已从备份恢复，无法得知此后分配了哪些席位。
    .remedy = 请等到 { $until }，或请许可证服务器的管理员确认没有席位被借出。
refusal-loans-out = 有 { $loans } 个席位被借出。
    .remedy = 请等到 { $until }，或让席位归还，或将其收回。
refusal-not-borrowable = 此许可证不可借用。
    .remedy = 请在网络上使用席位，或向供应商索取可借用的许可证。
refusal-no-loan-left = 同时最多可借用 { $loans } 个席位，现已全部借出：{ $holders }。
    .remedy = 请让其中一个归还。
refusal-loan-too-long = 最晚可借用至 { $latest }，且不能早于现在。
    .remedy = 请借用至 { $latest } 或更早。
refusal-overdraft-spent = 全部 { $overdraft } 个应急席位都在使用中。
    .remedy = 请等其自行结束，或在 { $next } 之后重试。
refusal-no-overdraft = 没有空闲的应急席位。
    .remedy = 请等其自行结束。

kind-trial = 试用
kind-activate = 激活
kind-delegate = 许可证服务器激活
kind-check-out = 签出
kind-borrow = 借用
kind-extend = 延长借用
kind-refresh = 刷新
kind-return = 归还

## 可以销售的许可

key-type-stand-alone = 单机
key-type-network = 网络
medium-license-key = 许可证密钥
medium-dongle = USB 加密狗
tenure-perpetual = 永久
tenure-rental = 租赁
tenure-trial = 试用
right-perpetual = 永久
right-rental = 租赁
right-borrowing = 借用
right-server = 服务器连接

no-stand-alone-key-cannot-borrow = 单机许可证密钥没有可借用的席位。
    .remedy = 它离开局域网也能照常使用。
no-stand-alone-key-has-no-server = 单机许可证密钥不通过许可证服务器使用。
    .remedy = 请直接在本机激活。
no-stand-alone-dongle-cannot-be-rented = 单机加密狗不能租赁。
    .remedy = 如需租赁，请以许可证密钥的形式销售。
no-stand-alone-dongle-cannot-borrow = 单机加密狗没有可借用的席位。
    .remedy = 请随身携带加密狗。
no-stand-alone-dongle-has-no-server = 单机加密狗不通过许可证服务器使用。
    .remedy = 请直接插入本机。
no-network-dongle-cannot-be-rented = 网络加密狗不能租赁。
    .remedy = 如需租赁，请以许可证密钥的形式销售。
no-network-dongle-cannot-borrow = 网络加密狗的席位不能借用。
    .remedy = 需要借用席位时，请使用网络许可证密钥。

## 产品目前能否使用

verdict-licensed = 已获许可，无截止日期。
verdict-licensed-until = 已获许可，有效期至 { $until }。

status-enabled = 可以使用。
    .title = 已启用
status-trial = 可以试用。
    .title = 试用
status-borrowed = 已借用，可以使用。
    .title = 已借用
status-returning = 该许可证在本机已停用，正在归还。
    .title = 正在归还
    .remedy = 请刷新以重新发送归还请求，或载入其响应文件。
status-return-refused = 该许可证在本机已停用，但归还被拒绝。{ $cause }
    .title = 正在归还（被拒绝）
    .remedy = { $what-to-do }然后请再次归还。
status-stopped = { $cause }
    .title = 已停用（{ $reason }）
    .remedy = { $what-to-do }

flag-unverified = 激活服务器尚未确认。可使用至 { $until }。
    .title = 未验证
    .remedy = 请在线或通过文件刷新。
flag-host-changed = 激活之后，本机的部分硬件发生了变化。还可运行 { $left }。
    .title = 硬件已变更
    .remedy = 请刷新，以获得新的绑定。
flag-clock-suspect = 本机时钟早于先前记录的时间。再运行 { $left }后，将不再采用本机时钟。
    .title = 时钟可疑
    .remedy = 请校准时钟并刷新。
flag-restored-copy = 许可证库是从副本恢复的，或其副本正在别处使用。
    .title = 恢复的副本
    .remedy = 请刷新。
flag-seat-lost = { $cause }还可继续运行 { $left }。
    .title = 席位丢失
    .remedy = 请保存工作，并确认本机能连接许可证服务器。

loss-silent = 收不到许可证服务器的响应。
loss-restored = 许可证库是从副本恢复的。
loss-ended = 许可证服务器因未收到本机的消息而收回了席位。
loss-taken-over = 同一用户已在别处接管了该席位。
loss-released = 管理员收回了该席位。
loss-closed = 许可证服务器正在归还其许可证。
loss-delegation-ended = 许可证服务器自身的许可证已到期。
loss-revoked = 许可证服务器自身的许可证已被收回。
loss-reduced = 许可证服务器的席位比以前少了。

reason-unlicensed = 本机没有此产品的许可证。
    .title = 无许可证
    .remedy = 请开始试用，或用许可证密钥激活。
reason-expired = 许可证已于 { $until } 到期。
    .title = 已过期
    .remedy = 请联系供应商续期，然后刷新。
reason-trial-over = 本机的试用已于 { $until } 结束。
    .title = 试用结束
    .remedy = 请用许可证密钥激活。
reason-not-yet = 许可证自 { $from } 起生效。
    .title = 尚未生效
    .remedy = 请等待；如果时钟不准，请校准时钟。
reason-contact-overdue = 本应在 { $due } 之前与激活服务器联系。
    .title = 逾期未联系
    .remedy = 请在线或通过文件刷新。
reason-other-host = 此许可证属于另一台计算机。
    .title = 非本机
    .remedy = 请在本机用许可证密钥激活。
reason-host-changed = 激活之后，本机的硬件变化过多。
    .title = 硬件已变更
    .remedy = 请刷新。
revoked-by-vendor = 供应商已吊销此许可证。
    .title = 已吊销
    .remedy = 请联系供应商。
revoked-moved = 许可证已转移到一台被识别为本机的计算机。
    .title = 已转移
    .remedy = 请用许可证密钥重新激活。
revoked-freed = 所有者已释放本机的激活名额。
    .title = 名额已释放
    .remedy = 请用许可证密钥重新激活。
revoked-returned = 本机先前已归还此许可证。
    .title = 已归还
    .remedy = 请用许可证密钥重新激活。
reason-returned = 此许可证已在本机归还。
    .title = 已归还
    .remedy = 请用许可证密钥重新激活。
reason-loan-over = 借用已于 { $until } 到期，席位已自动归还。
    .title = 借用到期
    .remedy = 请使用许可证服务器，或重新借用。
reason-seat-lost = { $cause }宽限时间已用完。
    .title = 席位丢失
    .remedy = 请重新连接许可证服务器。已打开的内容可以保存。
reason-not-covered = 此版本是在维护期于 { $until } 截止之后发布的。
    .title = 不在维护期内
    .remedy = 请使用较早的版本，或联系供应商延长维护期，然后刷新。

## 键入的许可证密钥

key-length = 许可证密钥应为 25 个字符，现有 { $found } 个。
    .remedy = 请对照原文重新键入。
key-letter-u = { $at }是 U，而许可证密钥中不含 U。
    .remedy = 请确认是否应为 V。
key-stranger = { $at }是“{ $typed }”，既不是字母 A 至 Z，也不是数字。
    .remedy = 请重新键入。
key-mistyped = { $at }似乎有误。
    .remedy = 请对照原文核对。
key-swapped = { $pair }似乎颠倒了。
    .remedy = 请对照原文核对。
key-suspects = 有两个相邻字符似乎颠倒了：{ $pairs }。
    .remedy = 请对照原文核对。
key-does-not-check = 许可证密钥校验不通过，且有不止一个字符有误。
    .remedy = 请重新键入。
key-place = 第 { $group } 组的第 { $position } 个字符
key-neighbours = 第 { $group } 组的第 { $first } 个和第 { $second } 个字符
key-neighbours-apart = { $first }和{ $second }

## 文件与响应

seal-not-an-envelope = 这不是经过签名的 Keyward 文件，或在传送途中损坏（{ $detail }）。
    .remedy = 请重新获取或发送。
seal-too-large = 文件有 { $found } 字节，而 Keyward 文件最多 { $most } 字节。
    .remedy = 请选择由 Keyward 生成的文件。
seal-other-type = 这是{ $found }，而此处需要{ $expected }。
    .remedy = 请选择另一个文件。
seal-unknown-signer = 其签名所用的密钥（{ $keyid }）未知：它来自另一家供应商，或来自尚未公布密钥的服务器。
    .remedy = 请选择此产品供应商的响应，或联系供应商。
seal-wrong-role = 密钥 { $key } 无权签署此文件：它是{ $found }，而此处需要{ $expected }。
    .remedy = 请向供应商索取新的响应。
seal-bad-signature = 签名不符：文件在签名之后被更改或损坏。
    .remedy = 请重新获取或发送。
seal-key-not-valid = 密钥 { $key } 在 { $issued } 无权签名：它已被吊销，或不在有效期内。
    .remedy = 请重新生成请求，并获取对应的响应。
seal-unreadable = 文件已签名，但无法读取其内容（{ $detail }）。
    .remedy = 请更新产品。
seal-newer-keyward = 文件由较新版本的 Keyward 写成（需要 { $needs }）。
    .remedy = 请更新无法读取它的程序：本机上的产品，或答复它的服务器。
seal-other-request = 它是对另一个请求的响应，而不是对本机请求的响应。
    .remedy = 请选择对应此请求的响应。
seal-bad-statement = 供应商的密钥清单无法使用（{ $detail }）。
    .remedy = 请稍后重试；如果问题依旧，请联系供应商。
seal-not-delegated = 它不是来自所请求的许可证服务器，或没有附带对该服务器的授权。
    .remedy = 请咨询该服务器的管理者。
seal-beyond-delegation = 许可证服务器签发的内容超出了供应商的授权（{ $term }）。
    .remedy = 请告知该服务器的管理者。
seal-other-tls-key = 应答者的 TLS 密钥不属于许可证服务器 { $server }：有人冒充它应答。未向其发送任何内容。
    .remedy = 请检查地址，以及网络中是否有其他设备应答。
seal-unknown-scheme = 此产品不支持其签名方式“{ $scheme }”。
    .remedy = 请更新产品。
role-holder = 设备密钥
role-issuer = 签发方密钥
role-root = 根密钥
role-license-server = 许可证服务器密钥
paper-request = 请求文件
paper-answer = 响应文件
paper-key-statement = 供应商的密钥清单
paper-other = 其他内容（“{ $type }”）

answer-is-request = 这是请求文件，而不是响应文件。
    .remedy = 请将其发送给供应商，然后载入收到的响应文件。
answer-used = 它已在本机使用过，不能再次使用。
    .remedy = 无需任何操作；如果许可证无法使用，请重新生成请求。
answer-other-host = 它属于另一台计算机。
    .remedy = 请在那台计算机上载入，或在本机生成请求并获取对应的响应。
answer-other-product = 它适用于产品 { $product }。
    .remedy = 请在 { $product } 中载入。
answer-not-asked = 本机没有等待此响应的请求。
    .remedy = 请在本机生成请求，然后载入对应的响应。
answer-older = 它比本机已知的更旧（第 { $found } 代，已知第 { $held } 代）。
    .remedy = 请使用最新的响应，或重新生成请求。
answer-returned = 它所授予的许可证此后已在本机归还（激活编号 { $activation }）。
    .remedy = 如果其归还请求仍在等待（`keyward pending` 会显示），请先将其送达，然后重新激活。

## 激活服务器

server-none-named = 产品配置文件中没有激活服务器。
    .remedy = 请向供应商索取含有服务器的产品配置文件，或通过文件激活。
server-unreachable = 无法连接任何激活服务器：{ $attempts }。
    .remedy = { $what-to-do }
server-silent = 激活服务器没有响应：{ $attempts }。
    .remedy = { $what-to-do }可以重新发送同一请求，不会有任何损失。
license-server-unreachable = 无法连接许可证服务器：{ $attempts }。
    .remedy = { $what-to-do }
license-server-silent = 许可证服务器没有响应：{ $attempts }。
    .remedy = { $what-to-do }
license-server-says-nothing = { $server } 未说明自己的身份：{ $detail }（状态 { $status }）。
    .remedy = 下一步：{ $next }。
license-server-not-believed = { $server } 处的应答者不是可信的许可证服务器。{ $why }
    .remedy = { $what-to-do }
server-rejected = { $server } 未接受请求：{ $detail }（状态 { $status }）。
    .remedy = 下一步：{ $next }。
server-unsupported = 此后端不支持该操作：{ $kind }。
    .remedy = 请使用支持该操作的许可证服务器或产品。
server-key-needed = 请求曾被中断，因此需要再次提供许可证密钥。
    .remedy = 请重新输入许可证密钥。
attempt = { $server }：{ $trouble }
attempt-through-proxy = { $server }（经由代理 { $proxy }）：{ $trouble }
trouble-no-such-host = 没有此名称的主机
    .remedy = 请检查地址以及网络的域名服务。
trouble-no-connection = 该处没有应答
    .remedy = 请检查服务器是否正在运行，以及防火墙是否放行。
trouble-proxy-unreachable = 无法连接代理
    .remedy = 请检查代理的地址。
trouble-proxy-wants-password = 代理要求用户名和密码
    .remedy = 请在代理设置中输入。
trouble-proxy-refused = 代理拒绝连接
    .remedy = 请联系代理的管理员放行此服务器。
trouble-certificate = 产品配置文件不信任其 TLS 证书
    .remedy = 请检查服务器的地址，或向供应商索取新的产品配置文件。
trouble-other-key = 其 TLS 密钥与之前不同：服务器更换了密钥，或有人冒充它应答。未向其发送任何内容
    .remedy = 请重试：将重新确认其身份。
trouble-timeout = 未在限定时间内应答
    .remedy = 请重试。
trouble-broken = 连接中断
    .remedy = 请重试。
trouble-not-a-key-server = 该处应答的不是激活服务器
    .remedy = 请检查地址和端口。
trouble-out-of-order = 服务器称其暂停服务
    .remedy = 请稍后重试。
trouble-out-of-order-because = 服务器称其暂停服务（{ $said }）
    .remedy = 请稍后重试。
trouble-skipped-as-dead = 刚才没有应答，已跳过
    .remedy = 请一分钟后重试。

## 许可证库、锚点、密钥、账本

vault-led = 另一个程序正在更改许可证。
    .remedy = 请重试。
vault-led-by = 另一个程序（{ $by }）正在更改许可证。
    .remedy = 请重试。
vault-damaged = 位于 { $place } 的许可证库已损坏（{ $why }）。
    .remedy = 请用许可证密钥重新激活，本机将取回原有的激活名额。
vault-tampered = 位于 { $place } 的许可证库被 Keyward 以外的程序更改过。
    .remedy = 请用许可证密钥重新激活。
vault-newer = 位于 { $place } 的许可证库由较新版本的 Keyward 写成（需要 { $needs }）。
    .remedy = 请更新产品。
vault-full = { $place } 没有足够空间存放许可证库。没有数据丢失。
    .remedy = 请腾出一些空间，然后重试。
vault-storage = 位于 { $place } 的许可证库无法使用。
    .remedy = 请检查该文件夹的权限。
anchor-damaged = 位于 { $place } 的许可证锚点已损坏（{ $why }）。
    .remedy = 请激活或刷新，届时将重新写入。
anchor-newer = 位于 { $place } 的许可证锚点由较新版本的 Keyward 写成。
    .remedy = 请更新产品。
anchor-full = { $place } 没有足够空间存放许可证锚点。没有数据丢失。
    .remedy = 请腾出一些空间，然后重试。
anchor-storage = 位于 { $place } 的许可证锚点无法使用。
    .remedy = 请检查该文件夹的权限。
secrets-taken = 已有名为“{ $name }”的密钥。
    .remedy = 请另选名称。
secrets-full = { $place } 没有足够空间存放密钥。没有数据丢失。
    .remedy = 请腾出一些空间，然后重试。
secrets-storage = 位于 { $place } 的密钥无法使用。
    .remedy = 请检查该文件夹的权限。
signer = 密钥 { $key } 无法签名。
    .remedy = 请检查存放该密钥的设备。
entropy = 本机无法提供随机数。
    .remedy = 请重新启动计算机，然后重试。
exchange-not-found = 找不到 { $place }。
    .remedy = 请检查文件名，以及 U 盘或共享文件夹是否可用。
exchange-taken = { $place } 处已有其他内容。
    .remedy = 请另选名称，或将其移走。
exchange-full = { $place } 处空间不足。
    .remedy = 请腾出一些空间，或选择其他磁盘。
exchange-storage = { $place } 无法使用。
    .remedy = 请检查其权限以及是否可写。
exchange-too-large = { $place } 大于任何 Keyward 文件。
    .remedy = 请选择正确的文件。
exchange-unreadable = 无法读取 { $place }。{ $cause }
    .remedy = { $what-to-do }
exchange-unreadable-because = 无法读取 { $place }：{ $why }。
    .remedy = 请选择正确的文件，或请对方重新发送。
exchange-newer = { $place } 由较新版本的 Keyward 写成。
    .remedy = 请更新产品。
mailer-storage = 无法将邮件交给 { $place }。
    .remedy = 请检查该处能否访问、空间是否足够。
ledger-full = 存放账本的磁盘已满。没有数据丢失，也没有发出任何响应。
    .remedy = 请腾出一些空间，然后重试。
ledger-in-use = 账本正被另一个进程使用。
    .remedy = 请先停止该进程。
ledger-unreadable = 账本无法读取：{ $why }。
    .remedy = 请从备份恢复；如果账本由较新的服务器写成，请更新服务器。
ledger-storage = 账本的存储出现故障。
    .remedy = 请查看服务器的日志。
ledger-closed = 账本已关闭：服务器正在停止。
    .remedy = 请在服务器运行后重试。

## 操作

act-return-waits = 该许可证在本机已停用，但归还尚未得到确认。{ $cause }
    .remedy = { $what-to-do }下次刷新时将重新发送归还请求。
act-unexpected = 激活服务器的响应与请求不符。
    .remedy = 请将此情况告知供应商。
act-broken-off = 操作中途中断。
    .remedy = 请重新执行同一操作：已写入的内容会继续使用。
act-no-such-row = 没有编号为 { $row } 的行。
    .remedy = 请用 `keyward status` 查看各行。
act-nothing-waits = 没有编号为 { $which } 的待响应请求。
    .remedy = 请重新生成请求。
act-trial-stays = 试用无需归还。
    .remedy = 试用会自行结束，无需操作。
act-at-license-server = 第 { $row } 行属于许可证服务器。
    .remedy = 请指定该服务器的地址，在那里归还。
act-key-missing = 许可证库的密钥丢失。
    .remedy = 请运行 `keyward host new`，再用许可证密钥重新激活。
act-counts-used-up = 许可证库的计数已到尽头，主机自身不会到达此处。
    .remedy = 请删除 `keyward doctor` 所示的许可证库及其锚点，再用许可证密钥重新激活。
act-revoked = 签发方已收回此许可证。
    .remedy = 请联系供应商。
profile-no-root = 产品配置文件中没有根密钥。
    .remedy = 请用 `keyward vendor product profile` 重新生成。
profile-other-vendor = 产品配置文件中的供应商编号不是其第一个根密钥的摘要。
    .remedy = 请用 `keyward vendor product profile` 重新生成。
profile-no-language = 产品配置文件中没有语言。
    .remedy = 请添加一种语言，例如 en-US。
issuer-busy = 针对同一许可证的请求过多。
    .remedy = 请重试。
keys-not-begun = 此服务器还没有密钥。
    .remedy = 请启动一次服务器以生成密钥。
keys-away = 密钥 { $key } 的私钥不在此服务器上。
    .remedy = 请将其文件放回服务器的密钥文件夹，或更换签发方密钥。
keys-root-away = 根密钥已不在此服务器上。
    .remedy = 请使用导出的根密钥文件。
trial-begun-verified = 试用已开始，由激活服务器计算天数。
trial-begun-local = 试用已开始；激活服务器没有应答，因此由本机计算天数。{ $cause }
    .remedy = 能够连接激活服务器时请刷新，之后由服务器计算天数。
taken-granted = 许可证已在本机生效，无需重新启动。
step-saved = 请求已写入。
step-sending = 请求正在发送。
step-answered = 已收到响应。
step-kept = 响应已核验并写入。

## 门户

portal-key-hint = 不分大小写，连字符可有可无。字母 O 视为 0，I 和 L 视为 1。
portal-key-is-forgotten = 密钥仅用于查找您的许可证：服务器不会保存它，此浏览器也不会保留。
portal-no-devices = 没有设备在使用此许可证。
    .remedy = 请在产品中联网激活，或在此处用请求文件激活。
portal-devices-of = 使用 { $product } 的设备
portal-who = 操作者
portal-the-device = 设备本身
portal-a-key-holder = 持有许可证密钥的人
portal-the-owner = 所有者
portal-the-vendor = 供应商
portal-happened-issued = 已签发
portal-happened-activated = 已激活
portal-happened-activated-again = 再次激活
portal-happened-moved = 已移到另一次安装
portal-happened-refreshed = 已刷新
portal-happened-returned = 已归还
portal-happened-returned-before = 此前已归还
portal-happened-told = 已得知许可证终止
portal-happened-revoked = 已吊销
portal-happened-extended = 已延期
portal-happened-key-replaced = 已更换许可证密钥
portal-happened-slot-freed = 名额已释放
portal-happened-asked-to-free = 请求释放名额
portal-happened-answered-granted = 人工答复请求：已授予
portal-happened-answered-returned = 人工答复请求：已归还
portal-happened-answered-taken-away = 人工答复请求：许可证已终止
portal-happened-answered-refused = 人工答复请求：已拒绝（{ $code }）
portal-nothing-happened = 尚无记录。
portal-older = 更早的记录
portal-more-devices = 更多设备
portal-file-hint = XML 文件，或许可证管理器所示二维码的图片（PNG、JPEG）。
portal-code-text = 或二维码的文本
portal-code-text-hint = 以 KW1 开头。有多个二维码时，每行一个。
portal-your-answer = 响应
portal-grants = 许可证已在 { $host } 上激活。
    .remedy = 请下载响应，带到该计算机上载入。
portal-grants-somewhere = 许可证已激活。
    .remedy = 请下载响应，带到生成请求的计算机上载入。
portal-confirms = 许可证已归还，可以在另一台计算机上激活。
    .remedy = 请下载响应，带到生成请求的计算机上载入，该行随即消失。
portal-takes-away = 该计算机已不再持有此许可证。
    .remedy = 请下载响应，带到生成请求的计算机上载入，其中说明了原因。
portal-scan-it = 不允许携带文件时：请拍下二维码，在该计算机的许可证管理器中载入图片。
portal-code-of = 第 { $number } 个二维码，共 { $of } 个
portal-refused = 请求被拒绝
portal-not-taken = 文件未被接受
portal-code = 代码
portal-refusal-too = 此拒绝与其他响应一样经过签名。在计算机上载入后，计算机便不再等待此请求。
portal-transfers-spent = { $days } 天内已释放 { $spent } 个名额，最多 { $times } 个。
portal-owner-confirms = 只有许可证的所有者才能释放名额，方法是打开发送到其电子邮箱的链接。链接在 24 小时内有效，只能使用一次；每天最多发送 3 个。
portal-send-link = 向所有者发送链接
portal-letter-subject = { $product }：释放丢失设备的名额
portal-letter =
    有人持 { $product } 的许可证密钥 { $key }，请求释放设备 { $host } 的名额。

    如果该设备已丢失，或无法自行归还许可证，请打开此链接查看后果，并在那里释放名额：

    { $link }

    链接只能使用一次，有效期至 { $until }。
    如果您不知道此事，请不必操作：该设备将保留许可证。
portal-main-menu = 主菜单
portal-ended = 访问已结束，或许可证密钥已更换。
    .remedy = 请重新登录。
portal-no-slot = 已没有设备占用此名额：它已被释放、归还或移走。
    .remedy = 请查看设备列表。
portal-no-answer = 此许可证密钥下没有保存这样的响应。
    .remedy = 请从列表中选择。
portal-answer-spent = 此响应授予的许可证已经归还，因此不再提供。
    .remedy = 请在许可证管理器中生成新的请求。
portal-short-secret = 服务器用于访问的密文有 { $found } 字节，与生成时的长度不同。
    .remedy = 请删除该密文，以便重新生成。访问和链接将随之失效。

## 带来的文件

wrong-file-is-answer = 此文件是响应，不是请求。
    .remedy = 请在计算机的许可证管理器中载入它。在此处请选择请求文件。
wrong-file-is-return = 此请求用于归还许可证，而这里是激活页。没有归还任何许可证。
    .remedy = 请在“归还许可证”页重新选择该文件。
wrong-file-is-activation = 此请求用于激活，而这里是归还页。
    .remedy = 请在“激活”页重新选择该文件。
wrong-file-is-trial = 此请求用于试用，而试用不需要许可证密钥。
    .remedy = 请在产品中联网开始试用。
wrong-file-other-key = 生成此请求所用的许可证密钥，与您登录所用的不同。
    .remedy = 请用那个许可证密钥登录，或用现在的密钥重新生成请求。
wrong-file-other-license = 此请求来自并不持有此许可证的设备。
    .remedy = 请用该设备上激活的许可证密钥登录。
unreadable-something-else = 它不是 Keyward 文件。
    .remedy = 请选择正确的文件。
unreadable-somehow-damaged = 它在传送途中损坏。
    .remedy = 请重新获取或发送，并作为附件而不是正文发送。
unreadable-somehow-hostile = 其中含有任何 Keyward 文件都没有的内容。
    .remedy = 请勿使用，并向发送者询问其来源。
unreadable-not-utf-8 = 它不是以 UTF-8 写成的。
    .remedy = 请重新获取，不要用其他程序保存。
unreadable-some-parts-missing = 它只是一份文件的多个二维码之一。
    .remedy = 请一并读取全部二维码。
unreadable-too-large = 文件比任何 Keyward 文件都大：最多 { $most } 字节。
    .remedy = 请选择正确的文件。
unreadable-other-encoding = 文件的编码是 { $found }，而不是 UTF-8。
    .remedy = 请重新获取，不要用其他程序另存。
unreadable-web-page = 这是网页，不是 Keyward 文件。
    .remedy = 请在该网页提供下载之处下载文件本身。
unreadable-wrapped = 其中有 Keyward 文件，但浏览器或邮件程序在其外面添加了内容。
    .remedy = 请用“链接另存为”重新下载，或请对方以附件发送。
unreadable-stripped = 此文件的第一个标签中不再有 xmlns="urn:keyward:exchange"：它被邮件程序或编辑器删去了。
    .remedy = 请重新获取或发送，以附件发送，不要用其他程序另存。
unreadable-not-keyward = 这不是 Keyward 文件（{ $detail }）。
    .remedy = 请选择正确的文件。
unreadable-hostile = 文件中有 { $detail }，而 Keyward 文件从不包含它。
    .remedy = 请勿使用，并向发送者询问其来源。
unreadable-cut-short = 文件缺少结尾部分。
    .remedy = 请重新获取或发送。
unreadable-damaged = 文件在途中损坏（{ $detail }）。
    .remedy = 请重新获取或发送，以附件而不是正文发送。
unreadable-other-paper = 这是{ $found }，而此处需要{ $expected }。
    .remedy = 请选择另一个文件。
unreadable-no-code = 无法从此图片读出二维码。
    .remedy = 请重新拍摄：清晰、端正，并包含二维码四周的空白。
unreadable-large-picture = 图片过大。
    .remedy = 请将其缩小到 1200 万像素，或裁去二维码以外的部分。
unreadable-parts-missing = 文件分为 { $of } 个二维码，还缺少：{ $missing }。
    .remedy = 请读取全部二维码。
unreadable-parts-mixed = 这些二维码属于不同的文件。
    .remedy = 请只读取同一文件的全部二维码。
unreadable-newer = 文件由较新版本的 Keyward 写成（格式 { $version }）。
    .remedy = 请更新无法读取它的程序：本机上的产品，或答复它的服务器。

## The command line

join-about = { $about }：{ $what }
command-refused = 已拒绝 ({ $code }): { $what }
command-failed = 失败 ({ $code }): { $what }
command-no-answer = 无应答 ({ $code }): { $what }
command-wrong-file = 错误 ({ $code }): { $what }
command-wrong = 错误：{ $what }
command-license = { $license }：{ $status }，到期时间 { $until }，{ $trust }（{ $id }）
command-license-without-end = { $license }：{ $status }，永不过期，{ $trust }（{ $id }）
command-not-readable = 无法读取本机的许可证。
command-no-product = 没有指定产品。
    .remedy = 请用 --profile FILE 指定产品附带的配置文件，或设置 KEYWARD_PROFILE。
command-no-profile = 无法读取产品配置文件 { $file }：{ $why }。
    .remedy = 请指定产品附带的配置文件，或用 `keyward vendor product profile` 生成。
command-no-key = 没有输入许可证密钥。
    .remedy = 请在 `activate` 之后输入，或用 `-` 从标准输入提供。
command-name-a-row = 没有指定许可证，也没有正在使用的许可证。
    .remedy = 请用 `keyward status` 中的编号指定。
command-name-a-request = 有多个请求正在等待。
    .remedy = 请指定其中一个：`keyward pending` 显示其编号和名称。
command-return-begun = 从现在起，该许可证在本机停用。
command-carry-to-portal = 请在供应商的门户 { $portal } 提交（用许可证密钥登录），或交由经销商处理，然后在本机用 `keyward load FILE` 载入响应文件。
command-carry = 请交由供应商或经销商处理，然后在本机用 `keyward load FILE` 载入响应文件。
command-carry-return-to-portal = 请在供应商的门户 { $portal } 提交（用许可证密钥登录），或交由经销商处理，之后其他计算机即可使用该许可证。在本机用 `keyward load FILE` 载入响应文件后，该行将被移除。
command-carry-return = 请交由供应商或经销商处理，之后其他计算机即可使用该许可证。在本机用 `keyward load FILE` 载入响应文件后，该行将被移除。
command-picture-saved = 请求的二维码已保存到图片 { $file }。
command-file-is-missing = 请求已记录，正在等待。
    .remedy = 请用 `keyward pending --request FILE` 生成其文件。
command-too-many-codes = 该请求需要 { $codes } 个二维码，而最多为 { $most } 个。
    .remedy = 请改用文件：--request FILE。
command-or-by-hand = 没有网络时，可通过文件完成同样的操作：请加上 --request FILE。
command-not-taken-from = { $file } 中的响应未被接受。
command-not-taken = 响应未被接受。
command-request = 请求
command-about-license = 许可证
command-since = 开始时间
command-name = 名称
command-how-to-make-again = `keyward pending NUMBER --request FILE` 可重新生成请求文件；如有网络，`keyward refresh` 会发送全部请求。
command-certificate-unbelieved = { $server } 的 TLS 证书不受信任。
    .remedy = 请用 --ca FILE 指定其证书颁发机构，或检查 --server 的地址。
command-server-silent = 密钥服务器没有答复，无法得知操作是否已完成：{ $attempt }。
    .remedy = 请先确认是否已完成，再决定是否重做。
command-done-but-not-read = { $server } 已执行，但其答复无法读取（第 { $line } 行，第 { $column } 列）。
    .remedy = 请使用版本相同的密钥服务器和程序。
command-by-server = （来自 { $server }）
command-token-not-read = 无法读取 { $file } 中的管理令牌：{ $why }。
    .remedy = 请指定密钥服务器数据文件夹中的 admin-token 文件，或存有管理员所发令牌的文件。
command-token-is-none = { $file } 的内容不是管理令牌：它是空的，或含有令牌中没有的字符。
    .remedy = 请指定密钥服务器数据文件夹中的 admin-token 文件，或存有管理员所发令牌的文件。
command-authorities-not-read = 无法读取 { $file } 中的证书颁发机构：{ $why }。
    .remedy = 请指定密钥服务器的证书颁发机构（PEM 格式）。
command-root-not-written = 无法将根密钥写入 { $file }：{ $why }。
    .remedy = 请指定一个尚不存在的文件，其文件夹必须存在。
command-root-not-read = 无法读取 { $file } 中的根密钥：{ $why }。
    .remedy = 请指定 `keyward vendor keys root export` 写出的文件。
command-root-is-none = { $file } 的内容不是根密钥。
    .remedy = 请指定 `keyward vendor keys root export` 写出的文件。
command-no-address = “{ $address }”不是密钥服务器的地址。不使用 TLS 时只能访问本机。
    .remedy = 请写成 https://HOST 或 https://HOST:PORT 的形式。
command-file-is-answer = { $file } 是响应文件，不是请求文件。
    .remedy = 请在发出请求的产品中载入它。
command-answer-not-lost = 没有丢失任何内容：同一请求会再次得到同样的响应。

## A vendor's administration

console-no-product = 没有产品 { $product }。
    .remedy = 请用 `keyward vendor product add` 添加。
console-no-license = 没有许可证 { $license }。
    .remedy = `keyward vendor list` 可列出全部许可证。
console-no-version = 该产品没有版本。
    .remedy = 请至少指定一个。
console-no-language = 该产品没有语言。
    .remedy = 请至少指定一种。
console-other-statement = 签名后的密钥声明不是此服务器正在等待的那一份：{ $why }。
    .remedy = 请重新开始更改。
console-not-exported = 根密钥从未导出，一旦丢失便再也无法指定签发方。
    .remedy = 请先导出根密钥。
console-no-slot = 许可证 { $license } 没有名额 { $activation }。
    .remedy = `keyward vendor show { $license }` 可列出全部名额。
console-own-answer = 无法打开此服务器自己的响应。{ $cause }
    .remedy = 请查看服务器的日志。
console-begun = 此服务器已有密钥。
    .remedy = 请使用已有的密钥，或在空的数据文件夹中开始。
console-busy = 其他人正在不断更改此内容。
    .remedy = 请重试。
staff-name-taken = 名为 { $name } 的令牌已经存在或曾经存在，日志以此名称记录其持有人。
    .remedy = 请另选名称。
staff-too-many = 已发放的令牌数量达到上限。
    .remedy = 请让承担同一任务的人共用一个令牌。
staff-unknown = 没有名为 { $name } 的令牌。
    .remedy = `keyward vendor token list` 可列出全部令牌。
terms-edition = { $product } 没有版本类型 { $edition }。
    .remedy = 请选择 { $editions }。
terms-no-edition = 没有指定版本类型。
    .remedy = 请至少添加一个。
terms-no-end = 按期出售的许可证（{ $kind }）必须有结束时间。
    .remedy = 请用 --until 指定。
terms-perpetual-ends = 永久许可证没有结束时间。
    .remedy = 请去掉 --until，或改为签发租用许可证。
terms-backwards = 它将在 { $until } 结束，早于其开始时间 { $from }。
    .remedy = 请选择更晚的结束时间。
terms-for-nobody = 没有人可以使用它。
    .remedy = 请至少给出一次激活或一个席位。
terms-short-delegation = 许可证服务器可签发的期限为 { $days } 天，而最长借用期为 { $longest } 天。
    .remedy = 请给予更多天数，最好是其三倍。
terms-allowance = 单机许可证按激活次数计，网络许可证按席位计。
    .remedy = 请给出相应的一种。
signers-unknown = 没有密钥 { $key }。
    .remedy = `keyward vendor keys list` 可列出全部密钥。
signers-last = 没有密钥 { $key }，便再没有密钥可以继续签名。
    .remedy = 请先更换签发方密钥，再吊销旧密钥。
name-empty = { $what }为空。
    .remedy = 请至少输入一个字符。
name-too-long = { $what }有 { $found } 个字符，最多为 { $most } 个。
    .remedy = 请选择较短的名称。
name-character = { $what }中含有不允许使用的字符“{ $character }”。
    .remedy = 请使用{ $allowed }。
name-address = “{ $text }”不是电子邮件地址。
    .remedy = 请写成例如 name@example.com 的形式。
name-of-product = 产品 ID
name-of-edition = 版本类型
name-of-version = 版本号
name-of-language = 语言
name-of-feature = 功能名称
name-of-host = 主机名
name-of-user = 用户名
name-of-entitlement = 许可证 ID
name-of-token = 令牌名称
name-of-activation = 激活 ID
name-of-scheme = 签名方式的名称
allowed-identifier = 字母、数字以及“-”、“_”和“.”
allowed-language-tag = 字母、数字和“-”，例如 en-US
allowed-printable = 可打印的字符
allowed-visible = 可见的字符
bad-date = “{ $text }”不是日期。
    .remedy = 请写成 2027-03-31，或例如 2027-03-31T12:00:00Z 的时刻。
server-no-token = 请求中没有管理令牌。
    .remedy = 请指定存放令牌的文件：服务器首次启动时已将其写入 admin-token。
server-wrong-token = 服务器不认识此管理令牌。
    .remedy = 请使用服务器 admin-token 文件中的令牌，或管理员发放的令牌。
server-token-revoked = 此令牌已于 { $at } 收回。
    .remedy = 请向密钥服务器的管理员索取新的令牌。
server-too-many-failures = 来自此地址的错误管理令牌过于频繁。
    .remedy = 请等待 { $seconds } 秒，然后用正确的令牌重试。
server-role-may-not = 令牌 { $token } 的角色为{ $role }：{ $duties }。
    .remedy = 请由密钥服务器的管理员执行。
server-too-many-requests = 短时间内请求过多。
    .remedy = 请等待 { $seconds } 秒，然后重试。
server-timed-out = 服务器未能及时答复，无法得知操作是否已完成。
    .remedy = 请先确认是否已完成，再决定是否重做。
server-failed = 服务器的存储出现故障。
    .remedy = 请查看服务器日志。
staff-administrator = 可执行一切操作
    .title = 管理员
staff-reseller = 只能答复请求和释放遗失设备的名额
    .title = 经销商

## Seats at license servers

network-server = 许可证服务器 { $id }，地址 { $at }
network-nothing-offered = 该服务器没有此产品的许可证。
    .remedy = 请咨询其管理员，或尝试其他许可证服务器。
network-nobody-sits = 没有席位被占用。
network-taken = 已取得一个席位。使用它的程序会保持该席位；`keyward network leave` 可将其归还。
network-shared = 该用户的另一个程序已占有一个席位；两者共用。
network-borrowed-here = 本机已借用一个席位：将使用它，不再占用其他席位。
network-place = 排队位置：第 { $place } 位。
network-back = 席位已恢复保持。
network-left = 席位已归还；其他人现在即可使用。
network-left-unheard = 该席位在本机已停用，但没有许可证服务器收到通知。其他人可在其租约结束后（数分钟内）使用。
network-no-seat = 本机没有可归还的席位。
network-borrowed = 席位已借用。无需许可证服务器即可使用，到期后自动归还。
network-extended = 借用的到期时间已更改。
network-given-back = 借用的席位已归还；其他人现在即可使用。
network-carry-to-server = 请交给许可证服务器的管理员，由其用 `keyward server answer` 处理；然后在本机用 `keyward load FILE` 载入响应文件。
network-no-server-id = 本机从未连接过 { $at }，不知道它是哪台许可证服务器。
    .remedy = 请用其标识代替地址：32 位数字，在任何能连接到它的计算机上由 `keyward network query` 显示。
network-no-length = { $text } 不是有效的时长。
    .remedy = 请输入天数或小时数，例如 5d 或 12h。
network-not-started = 无法启动命令 { $command }：{ $why }。
    .remedy = 请检查其名称。
network-lasting = { $length }
network-seats = 席位
network-in-use = 已占用
network-free = 空闲
network-waiting = 排队
network-borrowable = 可借用
network-longest-loan = 最长借用
network-latest = 最晚至
network-user = 用户
network-due = 借用至
act-no-license-server = 没有指定许可证服务器。
    .remedy = 请用 --at HOST 或 --at HOST:PORT 指定其地址。
act-no-license-server-met = 没有连接到任何许可证服务器。{ $causes }
    .remedy = { $what-to-do }
act-other-license-server = 第 { $row } 行所属的许可证服务器 { $server } 在所有已知地址上均无应答。
    .remedy = 请用 --at HOST 或 --at HOST:PORT 指定其地址。
act-not-borrowed = 第 { $row } 行不是从许可证服务器借用的。
    .remedy = 用 `keyward status` 查看各行；供应商的许可证用 `keyward return` 归还。
act-return-waits-at-server = 它在本机已停用，但许可证服务器尚未确认。{ $cause }
    .remedy = 下次连接该许可证服务器时会自动发送，最晚在借用到期时席位即释放。
